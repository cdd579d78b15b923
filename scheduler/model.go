package scheduler

import (
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// The events of the model. Their order is their order within one instant: what
// empties a place comes before what wants to fill it.
const (
	writeEnd      uint8 = iota // A: input buffer, C: image
	routeEnd                   // A: input buffer, C: image; a written activation arrives on the consumer's tile
	activationEnd              // A: layer, C: image
	sumEnd                     // A: IMA, C: image; its outputs are added up on the layer's home tile
	outputArrive               // A: IMA, C: image; its outputs are on the home tile
	outputRoute                // A: IMA, C: image; its outputs are at the router
	outputLeft                 // A: IMA
	shiftAddEnd                // A: IMA, C: image
	scanEnd                    // A: lane
	readEnd                    // A: lane
	fetchEnd                   // A: IMA
)

// double is the depth of every hand-over register: one image leaves while the
// next is collected, and a third waits.
const double = 2

// model is the state of one simulation. All work of a layer is done in order of
// images, so counters of images say all there is to know.
type model struct {
	engine  sim.Engine
	stage   units.Time // 0: no stages
	read    units.Time // of one read
	reads   int64      // of one MVM
	images  int64      // that the source delivers
	stopAt  int64      // completed images at which the engine stops
	lanes   []lane
	imas    []ima
	layers  []layer
	inputs  []input
	tiles   []tileParts
	routers []sim.Pool
	share   int          // tiles that share a router
	done    []units.Time // when each image was complete
}

// lane is an array, or a pair of arrays whose currents are subtracted, with its
// drivers and its sample-and-hold.
type lane struct {
	layer, ima int32
	pool       int32 // converters of the IMA that take its columns
	crossbars  int64 // 1, or 2 for a pair
	rows       int64 // mapped wordlines of each
	spans      []span
	unit       int64      // columns that a converter of their own takes
	codes      int64      // of one scan
	scan       units.Time // of all columns
	add        units.Time // of all codes in the IMA's shift-and-add units

	next    int64 // read to begin next, counted over all images
	reading bool
	blocked bool // a finished read waits for the hold
	since   units.Time
	holding bool
	held    int64 // image of the held result
	readUse sim.Use
	scans   int64 // results held and scanned
}

// span is columns converted at one resolution.
type span struct {
	bits    int
	columns int64
}

// ima is the state of one IMA.
type ima struct {
	number           int // in the chip
	layer, input     int32
	firstLane, lanes int32
	converters       []sim.Pool
	adder            sim.Pool
	fetchBits        int64
	fetchTime        units.Time
	outputs          int64 // values that one MVM sends, one per column of each block
	outputBits       int64
	outputTime       units.Time // on the bus
	routeTime        units.Time // over the router to the home tile; 0 if it is there
	sumTime          units.Time

	registerFree bool
	requested    int64         // fetches begun
	fetched      int64         // fetches done
	lastBegun    int32         // lanes that have begun the last read of an MVM
	accumulated  [double]int64 // scans accumulated of the MVMs that are open
	complete     int64         // MVMs accumulated
	sent         int64         // MVMs that have begun to leave
	left         int64         // MVMs that have left
	waiting      []int32       // lanes with codes for an accumulator that is not free
}

// layer is the state of the digital end of one layer, on its home tile.
type layer struct {
	firstIMA, imas int32
	home           int32 // tile
	columns        int64
	activationTime units.Time
	targets        []target // empty for the last layer
	// outTime and outBits are of the network's output, to the eDRAM of the last
	// layer's own tile.
	outTime units.Time
	outBits int64

	arrived    [double]int32 // IMAs whose outputs are summed, of the images that are open
	summed     int64
	activating int64
	activated  int64
	writing    int64
	pending    [double]int32 // targets not yet written, of the images that are open
	written    int64
}

// target is one of the tiles that need a layer's output.
type target struct {
	input     int32
	writeTime units.Time
	routeTime units.Time // 0 on the producer's home tile itself
}

// input is a layer's share of one tile's eDRAM.
type input struct {
	layer    int32
	tile     int32
	producer int32 // layer, −1 for the source
	slots    int64 // images that fit
	bits     int64 // of one image
	imas     []int32
	claimed  int64 // images written or being written
	arrived  int64
	freed    int64
}

// tileParts are the pools of one tile.
type tileParts struct {
	buffer     sim.Pool // eDRAM port and bus, which move data together
	adder      sim.Pool
	activation sim.Pool
}

// edge is the first stage boundary at or after t. What an operation makes is
// usable from the edge at or after its end, so that operations are asked for at
// edges; a resource serves those asked for at one edge back to back. The bus, the
// router and the sum of an output form one operation.
func (m *model) edge(t units.Time) units.Time {
	if m.stage == 0 {
		return t
	}
	return (t + m.stage - 1) / m.stage * m.stage
}

// schedule adds an event whose result is usable from the stage after it.
func (m *model) schedule(kind uint8, at units.Time, index int32, image int64) {
	m.scheduleRaw(kind, m.edge(at), index, image)
}

// scheduleRaw adds an event within a chain that takes one stage together.
func (m *model) scheduleRaw(kind uint8, at units.Time, index int32, image int64) {
	m.engine.Schedule(sim.Event{Time: at, Phase: kind, Kind: kind, A: index, C: image})
}

// Handle lets an event happen.
func (m *model) Handle(e sim.Event) {
	switch e.Kind {
	case fetchEnd:
		m.endFetch(e.A)
	case readEnd:
		m.endRead(e.A)
	case scanEnd:
		m.endScan(e.A)
	case shiftAddEnd:
		m.endShiftAdd(e.A, e.C)
	case outputLeft:
		m.leave(e.A)
	case outputRoute:
		m.route(e.A, e.C)
	case outputArrive:
		m.sum(e.A, e.C)
	case sumEnd:
		m.endSum(m.imas[e.A].layer, e.C)
	case activationEnd:
		m.endActivation(e.A)
	case routeEnd:
		m.endRoute(e.A, e.C)
	case writeEnd:
		m.endWrite(e.A, e.C)
	}
}

// router is the one that a tile shares with its neighbours.
func (m *model) router(tile int32) *sim.Pool { return &m.routers[int(tile)/m.share] }

// start delivers the first images.
func (m *model) start() {
	for i := range m.inputs {
		if m.inputs[i].producer < 0 {
			m.deliver(int32(i))
		}
	}
}

// deliver fills a share of the first layer with images from the source, which has
// them ready.
func (m *model) deliver(i int32) {
	in := &m.inputs[i]
	in.arrived = min(m.images, in.freed+in.slots)
	in.claimed = in.arrived
	m.fetchAll(in)
}

func (m *model) fetchAll(in *input) {
	for _, i := range in.imas {
		m.tryFetch(i)
	}
}

// eachPool visits the pools of the model in a fixed order.
func (m *model) eachPool(visit func(*sim.Pool)) {
	for i := range m.imas {
		x := &m.imas[i]
		for p := range x.converters {
			visit(&x.converters[p])
		}
		visit(&x.adder)
	}
	for i := range m.tiles {
		t := &m.tiles[i]
		visit(&t.buffer)
		visit(&t.adder)
		visit(&t.activation)
	}
	for i := range m.routers {
		visit(&m.routers[i])
	}
}

// resetUse starts counting the use of every resource anew.
func (m *model) resetUse() {
	for i := range m.lanes {
		m.lanes[i].readUse = sim.Use{}
	}
	m.eachPool((*sim.Pool).Reset)
}

// jobs lists the jobs of every resource since the last reset.
func (m *model) jobs() []int64 {
	var n []int64
	for i := range m.lanes {
		n = append(n, m.lanes[i].readUse.Jobs)
	}
	m.eachPool(func(p *sim.Pool) { n = append(n, p.Use().Jobs) })
	return n
}

// workOf says whether every resource has done the work of so many images since
// the last reset, going by a run of one image.
func (m *model) workOf(images int64, single *model) bool {
	want := single.jobs()
	for i, n := range m.jobs() {
		if n != images*want[i] {
			return false
		}
	}
	return true
}
