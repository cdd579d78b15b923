package timing

import (
	"bitline/internal/cost"
	"bitline/internal/units"
)

// This file is what power an action draws while it lasts: what the account
// charges for it, over its time.

// femtowatts is power, fine enough for the hold of a single column.
type femtowatts int64

// many is how many equal actions are charged together, so that attojoules round
// off little.
const many = 1000

// powerKey is what the power of a service depends on.
type powerKey struct {
	what     action
	chips    bool // a link between chips
	amount   int64
	duration units.Time
	imas     int64
}

// insideKey is the same for a part of an IMA.
type insideKey struct {
	kind *imaKind
	what action
	lane int32
}

// charges works powers out once.
type charges struct {
	b      *builder
	shared map[powerKey]femtowatts
	inside map[insideKey]femtowatts
}

func newCharges(b *builder) *charges {
	return &charges{b: b, shared: map[powerKey]femtowatts{}, inside: map[insideKey]femtowatts{}}
}

// of is the power of a service of a resource that layers share.
func (c *charges) of(s *served, chips bool) femtowatts {
	key := powerKey{s.what, chips, s.amount, s.end - s.start, s.imas}
	p, ok := c.shared[key]
	if !ok {
		p = c.spread(c.b.countShared(&key, many), key.duration)
		c.shared[key] = p
	}
	return p
}

// ofPart is the power of a part of an IMA.
func (c *charges) ofPart(kind *imaKind, l *imaSpan) femtowatts {
	key := insideKey{kind, l.what, l.lane}
	p, ok := c.inside[key]
	if !ok {
		p = c.spread(c.b.countInside(&key, many), l.end-l.start)
		c.inside[key] = p
	}
	return p
}

// spread is the power of one of many actions that take so long each. Resolutions
// without a cost have been refused when the builder was made.
func (c *charges) spread(n Counts, duration units.Time) femtowatts {
	rows, err := actionRows(c.b.Chip, &n)
	if err != nil {
		panic("timing: " + err.Error())
	}
	// aJ/fs = mW = 10^12 fW
	return femtowatts(units.MulDiv(int64(cost.Total(rows)), 1e12/many, int64(max(duration, 1))))
}

// countShared is what so many equal services count as.
func (b *builder) countShared(k *powerKey, n int64) (c Counts) {
	t, busy := &b.Chip.Tile, units.Time(n)*k.duration
	switch k.what {
	case fetching:
		b.countMove(&c, n, k.amount)
		c.InputRegisterTime = busy * units.Time(k.imas)
	case outputting:
		c.BusTransfers, c.BusTime = n*t.Bus.Transfers(k.amount), busy
		c.OutputRegisterTime = busy * units.Time(k.imas)
	case writing, storing:
		b.countMove(&c, n, k.amount)
	case summing, merging:
		c.TileSums, c.TileSumTime, c.TileOutputRegisterTime = n*k.amount, busy*units.Time(t.ShiftAdd.Count), busy
	case activating:
		c.Activations, c.ActivationTime, c.TileOutputRegisterTime = n*k.amount, busy*units.Time(t.Activation.Count), busy
	case pooling:
		c.Pooled, c.PoolTime = n*k.amount, busy*units.Time(t.MaxPool.Count)
	case sending:
		if k.chips {
			c.LinkTransfers, c.LinkTime = n*b.Chip.IO.Transfers(k.amount), busy
		} else {
			c.RouterTransfers, c.RouterTime = n*t.Router.Transfers(k.amount), busy
		}
	case receiving, returning:
		c.HostTransfers, c.HostTime = n*b.Chip.Host.Transfers(k.amount), busy
	}
	return c
}

// countInside is what so many equal services of a part of an IMA count as. What
// belongs to the IMA as a whole goes with the reads of its first lane.
func (b *builder) countInside(k *insideKey, n int64) (c Counts) {
	x := &k.kind.lanes[k.lane]
	switch k.what {
	case reading:
		busy := units.Time(n) * k.kind.read
		c.Reads, c.Drives = n*x.crossbars, n*x.crossbars*x.rows
		c.ReadTime, c.DriveTime = busy*units.Time(x.crossbars), busy*units.Time(x.crossbars*x.rows)
		if k.lane == 0 {
			c.IMATime, c.InputRegisterTime = busy, busy
		}
	case scanning:
		c.Latches, c.UnitConversions = n*(x.codes+x.unit), n*x.unit
		c.HoldTime, c.ScanTime = units.Time(c.Latches)*x.scan, units.Time(n)*x.scan
		for _, s := range x.spans {
			c.Conversions[s.bits] += n * s.columns
		}
	case accumulating:
		c.Codes = n * x.codes
		c.AddTime, c.OutputRegisterTime = units.Time(n*int64(b.Chip.IMA.ShiftAdd.Count))*x.add, units.Time(n)*x.add
	}
	return c
}
