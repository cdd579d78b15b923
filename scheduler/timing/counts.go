package timing

import (
	"fmt"
	"math"

	"bitline/adc"
	"bitline/internal/units"
)

// Counts are the actions of one image and the times that they kept instances
// busy, summed over instances.
type Counts struct {
	Reads  int64 // of crossbars, or of operation units
	Drives int64 // of wordlines: every mapped one in every read, or those with a digit
	// Conducted is the sum of the bitline sums of all reads, in cell levels times
	// input digits; 0 unless the chip charges for it.
	Conducted int64
	Latches   int64 // of columns by a sample-and-hold
	// Conversions are those of the shared converters by resolution,
	// UnitConversions those of unit columns with converters of their own.
	Conversions     [adc.MaxBits + 1]int64
	UnitConversions int64
	Codes           int64 // taken by the IMAs' shift-and-add units
	FetchBits       int64 // eDRAM to input registers
	OutputBits      int64 // output registers to the tile's shift-and-add units
	WriteBits       int64 // to the consumers' eDRAM
	RouterBits      int64 // of messages, each counted once
	EDRAMTransfers  int64
	BusTransfers    int64
	RouterTransfers int64 // over all links of the networks on chip
	LinkTransfers   int64 // over all links between chips
	TileSums        int64
	Activations     int64
	Pooled          int64 // values that pools compare or add
	HostTransfers   int64 // of images and results

	ReadTime, DriveTime units.Time
	HoldTime            units.Time // columns are held while their array is scanned
	ScanTime            units.Time // of shared converters
	AddTime             units.Time // of single shift-and-add units
	// InputRegisterTime is the time of fetches and reads, OutputRegisterTime that
	// of accumulating and sending.
	InputRegisterTime, OutputRegisterTime    units.Time
	EDRAMTime, BusTime, RouterTime, LinkTime units.Time
	TileSumTime, ActivationTime, PoolTime    units.Time // of single units
	HostTime                                 units.Time
	IMATime                                  units.Time // of IMAs whose arrays are read
	TileOutputRegisterTime                   units.Time // of summing and activating
}

// TotalConversions is the number of conversions by shared converters.
func (c *Counts) TotalConversions() int64 {
	var n int64
	for _, k := range c.Conversions {
		n += k
	}
	return n
}

// numbers are the counts but for the conversions.
func (c *Counts) numbers() []*int64 {
	return []*int64{
		&c.Reads, &c.Drives, &c.Conducted, &c.Latches, &c.UnitConversions, &c.Codes, &c.FetchBits, &c.OutputBits, &c.WriteBits,
		&c.RouterBits, &c.EDRAMTransfers, &c.BusTransfers, &c.RouterTransfers, &c.LinkTransfers, &c.TileSums, &c.Activations,
		&c.Pooled, &c.HostTransfers,
	}
}

// times are the times.
func (c *Counts) times() []*units.Time {
	return []*units.Time{
		&c.ReadTime, &c.DriveTime, &c.HoldTime, &c.ScanTime, &c.AddTime, &c.InputRegisterTime, &c.OutputRegisterTime,
		&c.EDRAMTime, &c.BusTime, &c.RouterTime, &c.LinkTime, &c.TileSumTime, &c.ActivationTime, &c.PoolTime,
		&c.TileOutputRegisterTime, &c.IMATime, &c.HostTime,
	}
}

// add adds other counts.
func (c *Counts) add(o *Counts) {
	for i, n := range o.Conversions {
		c.Conversions[i] += n
	}
	from := o.numbers()
	for i, n := range c.numbers() {
		*n += *from[i]
	}
	fromTimes := o.times()
	for i, t := range c.times() {
		spend(t, 1, *fromTimes[i])
	}
}

// spend adds the time of n actions. A sum that no time can hold becomes the longest,
// which checkTimes finds.
func spend(sum *units.Time, n int64, each units.Time) {
	more := units.Time(units.MulDiv(n, int64(each), 1))
	*sum = min(*sum, math.MaxInt64-more) + more
}

// checkTimes is an error where instances are busy for longer, in all, than a time can
// hold.
func (c *Counts) checkTimes() error {
	for _, t := range c.times() {
		if *t == math.MaxInt64 {
			return fmt.Errorf("crossbars and what serves them are busy for longer than %v in all: want shorter times, or a smaller network", *t)
		}
	}
	return nil
}

// divide makes the counts of n images those of their mean, each rounded half to
// even.
func (c *Counts) divide(n int64) {
	for i := range c.Conversions {
		c.Conversions[i] = units.MulDiv(c.Conversions[i], 1, n)
	}
	for _, k := range c.numbers() {
		*k = units.MulDiv(*k, 1, n)
	}
	for _, t := range c.times() {
		*t = units.Time(units.MulDiv(int64(*t), 1, n))
	}
}

// allCounts multiplies what happened in a run of one image by what each action
// moves, layer by layer and in all.
func (b *builder) allCounts(m *model, image int64) []Counts {
	layers := make([]Counts, len(b.Mapping.Layers))
	for i := range m.teams {
		t := &m.teams[i]
		b.countTeam(&layers[b.nodes[t.layer].Matrix], t)
		if b.stepped() {
			b.countWork(&layers[b.nodes[t.layer].Matrix], m, t, image)
		}
	}
	for i := range layers {
		b.countConducted(&layers[i], i, image)
	}
	for k := range m.copies {
		x := &m.copies[k]
		b.countCopy(&layers[b.nodes[x.layer].Matrix], x)
	}
	for i := range m.stores {
		b.countStore(&layers[m.stores[i].layer], &m.stores[i])
	}
	for i := range m.flows {
		if f := &m.flows[i]; f.leaves() {
			b.countMove(&layers[f.layer], f.positions, f.bits)
			layers[f.layer].WriteBits += f.positions * f.bits
		}
	}
	for i, w := range m.net.traffic {
		c := &layers[i]
		c.RouterBits += w.bits
		c.RouterTransfers += w.transfers
		c.LinkTransfers += w.ioTransfers
		c.RouterTime += w.time
		c.LinkTime += w.ioTime
	}
	if m.hostBits != nil {
		b.countHost(m, layers)
	}
	return layers
}

// countHost counts what passes the host's port, to the account of the first layer
// and of the last.
func (b *builder) countHost(m *model, layers []Counts) {
	pass := func(c *Counts, positions, bits int64) {
		c.HostTransfers += positions * m.hostBits.Transfers(bits)
		spend(&c.HostTime, positions, m.hostBits.Duration(bits))
	}
	for _, e := range m.emitters[m.sources:] {
		pass(&layers[0], m.flows[e.flow].positions, m.flows[e.flow].bits)
	}
	for i := range m.flows {
		if f := &m.flows[i]; f.leaves() {
			pass(&layers[f.layer], f.positions, f.bits)
		}
	}
}

func (b *builder) countTeam(c *Counts, t *team) {
	for i := range t.classes {
		if b.stepped() { // countWork counts its reads
			break
		}
		use := t.classes[i].use
		kind := t.classes[i].kind
		for k := range kind.lanes {
			b.countLane(c, kind, &kind.lanes[k], use.products)
		}
		spend(&c.IMATime, use.products*int64(kind.reads), kind.read)
		spend(&c.InputRegisterTime, use.products*int64(kind.reads), kind.read)
	}
	b.countMove(c, t.fetched, t.fetchBits)
	c.FetchBits += t.fetched * t.fetchBits
	spend(&c.InputRegisterTime, t.fetched*t.imas, t.fetchTime)
	c.OutputBits += t.left * t.outputBits
	c.BusTransfers += t.left * b.Chip.Tile.Bus.Transfers(t.outputBits)
	spend(&c.BusTime, t.left, t.outputTime)
	spend(&c.OutputRegisterTime, t.left*t.imas, t.outputTime)
	c.TileSums += t.left * t.outputs
	spend(&c.TileSumTime, t.left*int64(b.Chip.Tile.ShiftAdd.Count), t.sumTime)
	spend(&c.TileOutputRegisterTime, t.left, t.sumTime)
	if t.previous >= 0 {
		c.TileSums += t.left * t.columns
		spend(&c.TileSumTime, t.left*int64(b.Chip.Tile.ShiftAdd.Count), t.mergeTime)
		spend(&c.TileOutputRegisterTime, t.left, t.mergeTime)
	}
}

func (b *builder) countLane(c *Counts, kind *imaKind, x *lane, products int64) {
	scans := products * int64(kind.reads)
	c.Reads += scans * x.crossbars
	c.Drives += scans * x.crossbars * x.rows
	spend(&c.ReadTime, scans*x.crossbars, kind.read)
	spend(&c.DriveTime, scans*x.crossbars*x.rows, kind.read)
	c.Latches += scans * (x.codes + x.unit)
	spend(&c.HoldTime, scans*(x.codes+x.unit), x.scan)
	for _, s := range x.spans {
		c.Conversions[s.bits] += scans * s.columns
	}
	c.UnitConversions += scans * x.unit
	spend(&c.ScanTime, scans, x.scan)
	c.Codes += scans * x.codes
	spend(&c.AddTime, scans*int64(b.Chip.IMA.ShiftAdd.Count), x.add)
	spend(&c.OutputRegisterTime, scans, x.add)
}

func (b *builder) countCopy(c *Counts, x *layerCopy) {
	c.Activations += x.activating * x.columns
	spend(&c.ActivationTime, x.activating*int64(b.Chip.Tile.Activation.Count), x.activationTime)
	spend(&c.TileOutputRegisterTime, x.activating, x.activationTime)
}

func (b *builder) countStore(c *Counts, s *store) {
	if s.emitter >= 0 {
		c.Pooled += s.pooled * int64(b.nodes[s.node].Out.Channels)
		spend(&c.PoolTime, s.pooled*int64(b.Chip.Tile.MaxPool.Count), s.writeTime)
		return
	}
	b.countMove(c, s.writes, s.message)
	c.WriteBits += s.writes * s.message
}

// countMove counts moves between an eDRAM and the bus of its tile.
func (b *builder) countMove(c *Counts, moves, bits int64) {
	t := &b.Chip.Tile
	port := t.BankedPort()
	c.EDRAMTransfers += moves * ((bits + int64(t.EDRAMPort.Width) - 1) / int64(t.EDRAMPort.Width))
	spend(&c.EDRAMTime, moves, port.Duration(bits))
	c.BusTransfers += moves * t.Bus.Transfers(bits)
	spend(&c.BusTime, moves, t.Bus.Duration(bits))
}
