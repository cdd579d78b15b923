package scheduler

import (
	"fmt"

	"bitline/adc"
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// Counts are the actions of one image and the times that they kept instances
// busy, summed over instances.
type Counts struct {
	Reads   int64 // of crossbars
	Drives  int64 // of wordlines: every mapped one in every read
	Latches int64 // of columns by a sample-and-hold
	// Conversions are those of the shared converters by resolution,
	// UnitConversions those of unit columns with converters of their own.
	Conversions     [adc.MaxBits + 1]int64
	UnitConversions int64
	Codes           int64 // taken by the IMAs' shift-and-add units
	FetchBits       int64 // eDRAM to input registers
	OutputBits      int64 // output registers to the tile's shift-and-add units
	WriteBits       int64 // to the consumers' eDRAM
	RouterBits      int64
	EDRAMTransfers  int64
	BusTransfers    int64
	RouterTransfers int64
	TileSums        int64
	Activations     int64

	ReadTime, DriveTime units.Time
	HoldTime            units.Time // columns are held while their array is scanned
	ScanTime            units.Time // of shared converters
	AddTime             units.Time // of single shift-and-add units
	// InputRegisterTime is the time of fetches and reads, OutputRegisterTime that
	// of accumulating and sending.
	InputRegisterTime, OutputRegisterTime units.Time
	EDRAMTime, BusTime, RouterTime        units.Time
	TileSumTime, ActivationTime           units.Time // of single units
	TileOutputRegisterTime                units.Time // of summing and activating
}

// TotalConversions is the number of conversions by shared converters.
func (c *Counts) TotalConversions() int64 {
	var n int64
	for _, k := range c.Conversions {
		n += k
	}
	return n
}

// add adds another layer's counts.
func (c *Counts) add(o *Counts) {
	for i, n := range o.Conversions {
		c.Conversions[i] += n
	}
	numbers := func(c *Counts) []*int64 {
		return []*int64{
			&c.Reads, &c.Drives, &c.Latches, &c.UnitConversions, &c.Codes, &c.FetchBits, &c.OutputBits, &c.WriteBits,
			&c.RouterBits, &c.EDRAMTransfers, &c.BusTransfers, &c.RouterTransfers, &c.TileSums, &c.Activations,
		}
	}
	times := func(c *Counts) []*units.Time {
		return []*units.Time{
			&c.ReadTime, &c.DriveTime, &c.HoldTime, &c.ScanTime, &c.AddTime, &c.InputRegisterTime, &c.OutputRegisterTime,
			&c.EDRAMTime, &c.BusTime, &c.RouterTime, &c.TileSumTime, &c.ActivationTime, &c.TileOutputRegisterTime,
		}
	}
	from := numbers(o)
	for i, n := range numbers(c) {
		*n += *from[i]
	}
	fromTimes := times(o)
	for i, t := range times(c) {
		*t += *fromTimes[i]
	}
}

// counts multiplies what happened in a run of one image by what each action moves.
func (b *builder) counts(m *model, k int32) Counts {
	var c Counts
	l := &m.layers[k]
	for i := range m.lanes {
		if x := &m.lanes[i]; x.layer == k {
			b.countLane(&c, m, x)
		}
	}
	for i := l.firstIMA; i < l.firstIMA+l.imas; i++ {
		b.countIMA(&c, m, &m.imas[i])
	}
	c.Activations = l.activated * l.columns
	busy := units.Time(l.activated) * l.activationTime
	c.ActivationTime = busy * units.Time(b.chip.Tile.Activation.Count)
	c.TileOutputRegisterTime += busy
	for _, t := range l.targets {
		in := &m.inputs[t.input]
		b.countMove(&c, in.arrived, in.bits)
		c.WriteBits += in.arrived * in.bits
		if t.routeTime > 0 {
			b.countRoute(&c, in.arrived, in.bits)
		}
	}
	if len(l.targets) == 0 {
		b.countMove(&c, l.written, l.outBits)
		c.WriteBits += l.written * l.outBits
	}
	return c
}

func (b *builder) countLane(c *Counts, m *model, x *lane) {
	reads, scans := x.readUse.Jobs, x.scans
	c.Reads += reads * x.crossbars
	c.Drives += reads * x.crossbars * x.rows
	c.ReadTime += units.Time(reads*x.crossbars) * m.read
	c.DriveTime += units.Time(reads*x.crossbars*x.rows) * m.read
	c.Latches += scans * (x.codes + x.unit)
	c.HoldTime += units.Time(scans*(x.codes+x.unit)) * x.scan
	for _, s := range x.spans {
		c.Conversions[s.bits] += scans * s.columns
	}
	c.UnitConversions += scans * x.unit
	c.ScanTime += units.Time(scans) * x.scan
	c.Codes += scans * x.codes
	c.AddTime += units.Time(scans*int64(b.chip.IMA.ShiftAdd.Count)) * x.add
	c.OutputRegisterTime += units.Time(scans) * x.add
}

func (b *builder) countIMA(c *Counts, m *model, x *ima) {
	b.countMove(c, x.fetched, x.fetchBits)
	c.FetchBits += x.fetched * x.fetchBits
	c.InputRegisterTime += units.Time(x.fetched) * (x.fetchTime + units.Time(m.reads)*m.read)
	c.OutputBits += x.left * x.outputBits
	c.BusTransfers += x.left * b.chip.Tile.Bus.Transfers(x.outputBits)
	c.BusTime += units.Time(x.left) * x.outputTime
	c.OutputRegisterTime += units.Time(x.left) * x.outputTime
	if x.routeTime > 0 {
		b.countRoute(c, x.left, x.outputBits)
	}
	c.TileSums += x.left * x.outputs
	c.TileSumTime += units.Time(x.left*int64(b.chip.Tile.ShiftAdd.Count)) * x.sumTime
	c.TileOutputRegisterTime += units.Time(x.left) * x.sumTime
}

// countMove counts moves between an eDRAM and the bus of its tile.
func (b *builder) countMove(c *Counts, moves, bits int64) {
	t := &b.chip.Tile
	c.EDRAMTransfers += moves * t.EDRAMPort.Transfers(bits)
	c.EDRAMTime += units.Time(moves) * t.EDRAMPort.Duration(bits)
	c.BusTransfers += moves * t.Bus.Transfers(bits)
	c.BusTime += units.Time(moves) * t.Bus.Duration(bits)
}

func (b *builder) countRoute(c *Counts, moves, bits int64) {
	c.RouterBits += moves * bits
	c.RouterTransfers += moves * b.chip.Tile.Router.Transfers(bits)
	c.RouterTime += units.Time(moves) * b.chip.Tile.Router.Duration(bits)
}

// Resource is what a class of equal resources did over the window.
type Resource struct {
	Class string
	// Layer is the layer that the resources belong to; it is empty for those
	// that the layers on a tile share.
	Layer   string
	Servers int
	Jobs    int64
	// Busy and Idle are summed over servers. Waiting is summed over jobs: the
	// time that work waited for the resource. A crossbar waits itself, with a
	// finished read for the sample-and-hold, and is then neither busy nor idle.
	Busy, Waiting, Idle units.Time
	// Utilisation is Busy over the servers' time, 0 to 1; Peak is the highest of
	// a single resource, which PeakAt names.
	Utilisation, Peak float64
	PeakAt            string
}

// The classes of resources.
const (
	ClassCrossbar   = "crossbar"
	ClassADC        = "adc"
	ClassShiftAdd   = "shift-and-add"
	ClassBuffer     = "edram port and bus"
	ClassRouter     = "router"
	ClassTileAdd    = "tile shift-and-add"
	ClassActivation = "activation"
)

// Bottleneck is the class with the busiest single resource, the first of equals
// in the order of Resources. Its peak is less than 1 where no resource but the
// exchange of full for empty registers or stages bounds the interval.
func (t *Timing) Bottleneck() Resource {
	best := t.Resources[0]
	for _, r := range t.Resources[1:] {
		if r.Peak > best.Peak {
			best = r
		}
	}
	return best
}

// station is one resource of a model.
type station struct {
	class, layer string
	path         string
	servers      int
	use          sim.Use
}

// resources adds the stations of each class and layer up.
func (b *builder) resources(m *model, window units.Time) []Resource {
	var all []Resource
	index := map[[2]string]int{}
	b.eachStation(m, func(s station) {
		key := [2]string{s.class, s.layer}
		i, ok := index[key]
		if !ok {
			i = len(all)
			index[key] = i
			all = append(all, Resource{Class: s.class, Layer: s.layer})
		}
		r := &all[i]
		r.Servers += s.servers
		r.Jobs += s.use.Jobs
		r.Busy += s.use.Busy
		r.Waiting += s.use.Waiting
		r.Idle += units.Time(s.servers)*window - s.use.Busy
		if s.class == ClassCrossbar {
			r.Idle -= s.use.Waiting
		}
		if peak := float64(s.use.Busy) / float64(units.Time(s.servers)*window); r.PeakAt == "" || peak > r.Peak {
			r.Peak, r.PeakAt = peak, s.path
		}
	})
	for i := range all {
		all[i].Utilisation = float64(all[i].Busy) / float64(units.Time(all[i].Servers)*window)
	}
	return all
}

// eachStation lists the resources of a model, class by class.
func (b *builder) eachStation(m *model, visit func(station)) {
	name := func(layer int32) string { return b.mapping.Layers[layer].Name }
	imaPath := func(x *ima) string {
		return fmt.Sprintf("chip.tile[%d].ima[%d]", x.number/b.chip.Tile.IMAs, x.number%b.chip.Tile.IMAs)
	}
	for i := range m.lanes {
		l := &m.lanes[i]
		x := &m.imas[l.ima]
		n := units.Time(l.crossbars)
		use := sim.Use{Jobs: l.readUse.Jobs * l.crossbars, Busy: l.readUse.Busy * n, Waiting: l.readUse.Waiting * n}
		visit(station{class: ClassCrossbar, layer: name(l.layer), servers: int(l.crossbars), use: use,
			path: fmt.Sprintf("%s.crossbar[%d]", imaPath(x), int64(int32(i)-x.firstLane)*l.crossbars)})
	}
	for i := range m.imas {
		x := &m.imas[i]
		for p := range x.converters {
			path := imaPath(x) + ".adc"
			if len(x.converters) > 1 {
				path += fmt.Sprintf(".slice[%d]", p)
			}
			visit(station{class: ClassADC, layer: name(x.layer), servers: x.converters[p].Servers(), use: x.converters[p].Use(), path: path})
		}
	}
	for i := range m.imas {
		x := &m.imas[i]
		visit(station{class: ClassShiftAdd, layer: name(x.layer), servers: 1, use: x.adder.Use(), path: imaPath(x) + ".shift_add"})
	}
	tiles := []struct {
		class, part string
		pool        func(*tileParts) *sim.Pool
	}{
		{ClassBuffer, "edram", func(t *tileParts) *sim.Pool { return &t.buffer }},
		{ClassTileAdd, "shift_add", func(t *tileParts) *sim.Pool { return &t.adder }},
		{ClassActivation, "activation", func(t *tileParts) *sim.Pool { return &t.activation }},
	}
	for _, part := range tiles {
		for i := range m.tiles {
			visit(station{class: part.class, servers: 1, use: part.pool(&m.tiles[i]).Use(), path: fmt.Sprintf("chip.tile[%d].%s", i, part.part)})
		}
	}
	for i := range m.routers {
		visit(station{class: ClassRouter, servers: 1, use: m.routers[i].Use(), path: fmt.Sprintf("chip.router[%d]", i)})
	}
}
