package timing

import (
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/scheduler/sim"
	"bitline/tile"
)

// The events of the model. Their order is their order within one instant, those
// of an IMA first: what empties a place comes before what wants to fill it.
const (
	writeEnd      = imaEvents + iota // A: store, B: entry, C: position of the producer; it lies in the store
	messageArrive                    // the same; it is on the tile and wants to be written
	outputEnd                        // A: emitter; a result of the network lies in the eDRAM of its own tile
	resultArrive                     // A: emitter; a result of the network is at the host
	portArrive                       // A: emitter; a result of the network is at the host's port
	activationEnd                    // A: copy
	mergeEnd                         // A: team; its sums and those of the tiles before are complete
	sumsArrive                       // A: team, C: product; the sums of the tile before are there
	sumEnd                           // A: team, C: product; its outputs are added up
	outputSum                        // A: team, C: product; its outputs are at the tile's shift-and-add units
	outputLeft                       // A: team
	productEnd                       // A: team; every code of a product is accumulated
	registersFree                    // A: team
	fetchEnd                         // A: team
	beginReady                       // A: team
	pixelEnd                         // A: emitter, C: position; the host has delivered a pixel of an image
)

// double is the depth of every hand-over register: one result leaves while the
// next is collected, and a third waits.
const double = 2

// model is the state of one simulation.
type model struct {
	engine sim.Engine
	stage  units.Time // 0: no stages
	images int64      // that the source delivers
	ahead  int64      // images that may be on their way at once; 0: as many as fit
	stopAt int64      // completed images at which the engine stops
	exact  bool       // one event for every scan of an array
	teams  []team
	copies []layerCopy
	// emitters are those of the copies, then those of pools, then the source.
	emitters []emitter
	flows    []flow
	stores   []store
	tiles    []tileParts
	net      network
	host     sim.Pool
	outputs  int64      // results of one image
	results  int64      // that have left
	imas     []exactIMA // in exact runs
	lanes    []int32    // the IMA of each lane, in exact runs
	data     *data      // nil unless time follows the data
	agenda   imaAgenda
	done     []units.Time

	sources  int32         // the first emitter that is a source
	hostBits *tile.Channel // nil: images lie ready and results leave at once
	feeding  bool
	spare    []int32
	backlog  []units.Time // of the shared pools when the window began

	causes     *causes    // nil: nobody asks why things happen when they do
	watch      *observer  // nil: nobody watches
	hostLonger units.Time // by which each transfer of the host port is lengthened
}

// team is the IMAs of one copy of a layer that lie on one tile. They share the
// fetch of their inputs and begin a product together.
type team struct {
	// What fetches look at, most of which come to nothing, and what a beginning does:
	// together, since they are most of what is read from memory.
	requested   int64 // fetches begun
	released    int64 // products whose inputs the registers need no more
	depth       int64 // products that the input registers hold, at most double
	wants       int64 // entries of its store that must have arrived for the next fetch
	spares      int64 // entries of its store that it needs no more
	store       int32 // where its inputs lie
	tile        int32
	fetchTime   units.Time
	fetched     int64
	begun       int64 // products begun
	left        int64 // products that have left
	readyAt     units.Time
	classes     []class
	beginPosted bool

	// need and free are, for each product of an image, how many entries of the
	// store must have arrived, and how many no later product needs.
	need, free []int32
	first      int32 // entry that it needs first

	complete int64 // products accumulated
	sent     int64 // products that have begun to leave
	merged   int64 // products whose sums are complete as far as this tile
	passed   int64 // products whose sums have gone to the next tile
	parts    [double]int32
	// previous and next are the teams before and after on the way of the sums; −1
	// for none.
	previous, next int32
	outputTime     units.Time // on the bus
	sumTime        units.Time // of all outputs, on the team's tile
	mergeTime      units.Time // of adding those of the tile before
	columnBits     int64      // of the sums that go to the next tile

	layer, copy int32
	arrays      []scheduler.Array
	fetchBits   int64
	outputs     int64 // values that one product sends, one per column of each block
	outputBits  int64
	columns     int64 // whose sums come from the tile before
	imas        int64

	// In exact runs: IMAs that have the next beginning, IMAs whose registers are
	// free, and IMAs that have completed the products that are open.
	ready, registers int32
	completing       [double]int32
}

// mayBegin says whether the next product has its input, and accumulators: the
// product before the last must have left.
func (t *team) mayBegin() bool {
	return t.begun < t.fetched && t.begun < t.left+double && !t.beginPosted
}

// class is the IMAs of a team that are of one kind, and so always do the same at
// the same time.
type class struct {
	kind  *imaKind
	imas  int64
	ima   int32 // number of the first in the system
	first int32 // index of the first in model.imas, in exact runs
	until busy
	open  [double]*outcome // of the products that are not complete
	live  *liveIMA         // one of the IMAs, where time follows the data and the run is not exact
	use   classUse         // by the products that are
}

// classUse is what the IMAs of a class have done.
type classUse struct {
	products, scans int64
	reads, adds     sim.Use
	pools           []sim.Use
}

// layerCopy is the digital end of one copy of a layer, on its home tile.
type layerCopy struct {
	layer          int32
	teams          []int32
	last           int32 // team, on the home tile
	addend         int32 // store of what is added; −1 for nothing
	columns        int64
	activationTime units.Time

	summed     int64
	activating int64
}

// tileParts are the pools of one tile.
type tileParts struct {
	buffer     sim.Pool // eDRAM port and bus, which move data together
	adder      sim.Pool
	activation sim.Pool
	pool       sim.Pool // max-pool units, which average as well
}

// schedule adds an event whose result is usable from the stage after it.
func (m *model) schedule(kind uint8, at units.Time, index int32, number int64) {
	m.scheduleRaw(kind, edge(m.stage, at), index, number)
}

// scheduleRaw adds an event within a chain that takes one stage together.
func (m *model) scheduleRaw(kind uint8, at units.Time, index int32, number int64) {
	e := sim.Event{Time: at, Phase: kind, Kind: kind, A: index, C: number}
	if m.causes != nil {
		m.causes.scheduled(e)
	}
	m.engine.Schedule(e)
}

// Handle lets an event happen.
func (m *model) Handle(e sim.Event) {
	if m.causes != nil {
		m.causes.happens(e)
	}
	switch e.Kind {
	case writeEnd:
		m.endWrite(entry{e.A, e.B, e.C})
	case messageArrive:
		m.write(entry{e.A, e.B, e.C})
	case outputEnd:
		m.endOutput(e.A)
	case resultArrive:
		m.endResult(e.A)
	case portArrive:
		m.endPort(e.A)
	case activationEnd:
		m.endActivation(e.A)
	case mergeEnd:
		m.endMerge(e.A)
	case sumsArrive, sumEnd:
		m.have(e.A, e.C)
	case outputSum:
		m.sum(e.A, e.C)
	case outputLeft:
		m.leave(e.A)
	case productEnd:
		m.endProduct(e.A)
	case registersFree:
		m.teams[e.A].released++
		m.tryFetch(e.A)
	case fetchEnd:
		m.endFetch(e.A)
	case beginReady:
		m.teams[e.A].beginPosted = false
		m.tryBegin(e.A)
	case pixelEnd:
		m.endPixel(e.A, e.C)
	default:
		m.handleIMA(e)
	}
}

// eachPool visits the pools of the model in a fixed order.
func (m *model) eachPool(visit func(*sim.Pool)) {
	for i := range m.tiles {
		t := &m.tiles[i]
		visit(&t.buffer)
		visit(&t.adder)
		visit(&t.activation)
		visit(&t.pool)
	}
	for i := range m.net.links {
		visit(&m.net.links[i])
	}
	visit(&m.host)
}

// resetUse starts counting the use of every resource anew.
func (m *model) resetUse() {
	for i := range m.teams {
		t := &m.teams[i]
		for c := range t.classes {
			t.classes[c].use = classUse{pools: make([]sim.Use, len(t.classes[c].kind.pools))}
		}
	}
	m.backlog = m.backlog[:0]
	m.eachPool(func(p *sim.Pool) {
		p.Reset()
		m.backlog = append(m.backlog, p.Backlog(m.engine.Now()))
	})
}

// poolUses is what each shared pool has done in the window: its jobs are those that
// came in it, its busy time lies in it.
func (m *model) poolUses() []sim.Use {
	var uses []sim.Use
	m.eachPool(func(p *sim.Pool) {
		u := p.Use()
		if len(m.backlog) > 0 {
			u.Busy += m.backlog[len(uses)] - p.Backlog(m.engine.Now())
		}
		uses = append(uses, u)
	})
	return uses
}
