package timing

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/scheduler/sim"
	"bitline/workloads"
)

// recordOf is the activity of an image in which a step drives so many wordlines.
func recordOf(job Job, driven func(layer, position, block, step int) int) *scheduler.Record {
	r := &scheduler.Record{Image: "made"}
	enc, slices := job.Chip.Encoding, job.Chip.Slicing().Count
	for i, l := range job.Mapping.Layers {
		steps := enc.Reads(job.Chip.DAC.Bits, l.Rectified)
		x := scheduler.NewLayerRecord(l.Positions, l.RowBlocks*l.Groups, steps, slices)
		for p := range x.Positions {
			for b := range x.Blocks {
				for s := range steps {
					at := x.At(p, b, s)
					x.Driven[at] = uint16(driven(i, p, b, s))
					for k := range slices { // every cell of one sign at level 1
						x.Conducted[at*slices+k] = uint32(x.Driven[at]) * uint32(l.Columns)
					}
				}
			}
		}
		r.Layers = append(r.Layers, x)
	}
	return r
}

// stepsOf is the record of a product with the wordlines that each block's steps
// drive.
func stepsOf(job Job, blocks ...[]int) *scheduler.Record {
	return recordOf(job, func(_, _, block, step int) int { return blocks[block][step] })
}

// threeSteps is the tiny chip with 3 input steps and converters that take 1/8 ns a
// bit and column.
func threeSteps(change func(*arch.Chip)) *arch.Chip {
	return tiny(func(c *arch.Chip) {
		c.Encoding.InputBits = 3
		if change != nil {
			change(c)
		}
	})
}

// TestLatencyFollowsData works out the latency of one image through one layer of 4
// outputs. A product of 4 inputs of 3 bits is fetched in 2 ns (8 bits a nanosecond),
// its reads take 10 ns each, its last scan 4 ns (4 columns of 8 bits), its last
// addition 4 ns; then 4 outputs of 8 bits leave in 4 ns, are added up in 4 ns,
// activated in 4 ns, and 4 results of 3 bits are written in 2 ns:
//
//	2 + 3·10 + 4 + 4 + 4 + 4 + 4 + 2 = 54 ns.
//
// Of 8 inputs, in two row blocks on arrays of the same IMA, each with a converter of
// its own, 24 bits are fetched in 3 ns, both scans are added one after the other in 8
// ns, and 8 outputs leave and are added up in 8 ns each:
//
//	3 + 3·10 + 4 + 8 + 8 + 8 + 4 + 2 = 67 ns.
func TestLatencyFollowsData(t *testing.T) {
	skipArray := func(c *arch.Chip) { c.SkipEmpty = arch.SkipByArray }
	skipProduct := func(c *arch.Chip) { c.SkipEmpty = arch.SkipByProduct }
	unit := func(rows, columns int) func(*arch.Chip) {
		return func(c *arch.Chip) { c.Crossbar.UnitRows, c.Crossbar.UnitColumns = rows, columns }
	}
	table := func(steps ...int) func(*arch.Chip) {
		return func(c *arch.Chip) {
			for _, n := range steps {
				c.ADC.ByStep = append(c.ADC.ByStep, []int{n})
			}
		}
	}
	tests := []struct {
		name   string
		change func(*arch.Chip)
		inputs int
		driven [][]int
		want   units.Time
		reads  int64
	}{
		{"nothing skipped", nil, 4, [][]int{{2, 0, 1}}, 54 * ns, 3},
		{"all driven", skipArray, 4, [][]int{{4, 4, 4}}, 54 * ns, 3},
		{"one wordline will do", skipArray, 4, [][]int{{1, 1, 1}}, 54 * ns, 3},
		{"an empty step", skipArray, 4, [][]int{{2, 0, 1}}, 44 * ns, 2},
		{"the last step empty", skipArray, 4, [][]int{{2, 1, 0}}, 44 * ns, 2},
		{"nothing driven", skipArray, 4, [][]int{{0, 0, 0}}, (2 + 4 + 4 + 4 + 2) * ns, 0},
		{"an empty step of the product", skipProduct, 4, [][]int{{2, 0, 1}}, 44 * ns, 2},
		{"two blocks", nil, 8, [][]int{{1, 0, 1}, {0, 0, 1}}, 67 * ns, 6},
		// The first block reads until 23, and its second addition follows its scan
		// alone: 27 to 31. The other is long done: it read until 13, scanned until 17,
		// and its addition followed the first block's at 21. The product waits for the
		// first: 31 + 8 + 8 + 4 + 2.
		{"blocks skip on their own", skipArray, 8, [][]int{{1, 0, 1}, {0, 0, 1}}, 53 * ns, 3},
		// Both blocks read twice: 3 + 20 + 4 + 8 + 22.
		{"blocks skip together", skipProduct, 8, [][]int{{1, 0, 1}, {0, 0, 1}}, 57 * ns, 4},
		{"one block has nothing", skipArray, 8, [][]int{{0, 0, 0}, {1, 1, 1}}, (3 + 30 + 4 + 4 + 22) * ns, 3},
		// Units of 2 × 2: a step reads ⌈driven/2⌉ · 2 of them, 2·2 + 0 + 1·2 in all; the
		// last scans 2 columns and adds 2 codes: 2 + 60 + 2 + 2 + 14.
		{"units of 2 × 2", unit(2, 2), 4, [][]int{{3, 0, 1}}, 80 * ns, 6},
		{"units of 4 × 4 are arrays", unit(4, 4), 4, [][]int{{3, 4, 1}}, 54 * ns, 3},
		{"units of 4 × 4 skip", unit(4, 4), 4, [][]int{{3, 0, 1}}, 44 * ns, 2},
		// Every step is read in units of 3 columns and 1 column, whatever is driven; the
		// last scan and addition take 1 ns each: 2 + 60 + 1 + 1 + 14.
		{"units of columns alone", unit(0, 3), 4, [][]int{{0, 0, 0}}, 78 * ns, 6},
		// The last scan takes a quarter of 4 ns: 2 + 30 + 1 + 4 + 14.
		{"fewer bits in the last step", table(8, 4, 2), 4, [][]int{{1, 1, 1}}, 51 * ns, 3},
		{"no bits in the last step", table(8, 8, 0), 4, [][]int{{1, 1, 1}}, 44 * ns, 2},
		{"no more bits than the layer's", table(16, 16, 16), 4, [][]int{{1, 1, 1}}, 54 * ns, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			job := jobOf(t, threeSteps(tt.change), mlp(tt.inputs, 4), 8)
			for _, exact := range []bool{false, true} {
				got := simulate(t, job, Options{Exact: exact, Activity: &Activity{Records: []*scheduler.Record{stepsOf(job, tt.driven...)}}})
				if got.LatencySingle != tt.want || got.PerImage.Reads != tt.reads {
					t.Errorf("exact %v: latency is %v after %d reads, want %v after %d", exact, got.LatencySingle, got.PerImage.Reads, tt.want, tt.reads)
				}
			}
		})
	}
}

func simulate(t testing.TB, job Job, opts Options) *Timing {
	t.Helper()
	got, err := Simulate(context.Background(), job, opts)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestImagesTakeTurns: images of 3 and of 2 reads alternate. The arrays read all the
// time, 30 ns for one and 20 for the other: registers are free for the next inputs
// when the last read begins, 10 ns before these are needed. The latencies alone are
// 54 and 44 ns.
func TestImagesTakeTurns(t *testing.T) {
	chip := threeSteps(func(c *arch.Chip) { c.SkipEmpty = arch.SkipByArray })
	job := jobOf(t, chip, mlp(4, 4), 8)
	long, short := stepsOf(job, []int{4, 4, 4}), stepsOf(job, []int{4, 0, 1})
	long.Image, short.Image = "long", "short"
	got := simulate(t, job, Options{Activity: &Activity{Records: []*scheduler.Record{long, short}}})
	if got.Interval != 25*ns || got.WindowImages%2 != 0 || !got.Repeats {
		t.Errorf("interval is %v over %d images, repeating %v, want 25 ns over pairs of images that repeat", got.Interval, got.WindowImages, got.Repeats)
	}
	a := got.Activity
	if got.LatencySingle != 49*ns || !reflect.DeepEqual(a.Latencies, []units.Time{54 * ns, 44 * ns}) || !reflect.DeepEqual(a.Images, []string{"long", "short"}) {
		t.Errorf("latency is %v of %v of %v, want 49 ns of 54 and 44 ns of long and short", got.LatencySingle, a.Latencies, a.Images)
	}
	// 3 and 2 reads: 2.5 an image, half to even; 6 steps, one of them empty; 12 and 5
	// of 24 wordlines.
	if got.PerImage.Reads != 2 || a.Reads != 5 || a.Steps != 6 || a.Empty != 1 || a.Wordlines != 24 || a.DrivenWordlines != 17 {
		t.Errorf("%d reads an image, activity %+v", got.PerImage.Reads, a)
	}
}

// randomData makes work follow the data in a random way.
func randomData(rng *rand.Rand, c *arch.Chip) {
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	c.SkipEmpty = []arch.SkipEmpty{arch.SkipNothing, arch.SkipByArray, arch.SkipByProduct}[rng.IntN(3)]
	c.Crossbar.UnitRows, c.Crossbar.UnitColumns = pick(0, 0, 1, 2, 3, 4), pick(0, 0, 1, 2, 3)
	c.ADC.Arbitration = []adc.Arbitration{adc.OldestFirst, adc.RoundRobin}[rng.IntN(2)]
	c.ADC.Settle = units.Time(pick(0, 0, 1, 2)) * ns / 2
	c.ADC.PerIMA = max(c.ADC.PerIMA, 2)
	if rng.IntN(3) == 0 {
		for range c.Encoding.Steps(c.DAC.Bits) {
			c.ADC.ByStep = append(c.ADC.ByStep, []int{pick(0, 2, 3, 8)})
		}
	}
	if rng.IntN(3) == 0 {
		c.ADC.Kept = adc.Kept{Low: rng.IntN(3), High: 4 + rng.IntN(6)}
	}
	c.Crossbar.Charge = []crossbar.ReadCharge{crossbar.WholeArray, crossbar.Conducting}[rng.IntN(2)]
	c.DAC.Charge = []crossbar.DriveCharge{crossbar.MappedWordlines, crossbar.DrivenWordlines}[rng.IntN(2)]
}

// randomConv is a small network of convolutions, with groups at times.
func randomConv(rng *rand.Rand) *workloads.Network {
	n := &workloads.Network{Name: "conv", Input: workloads.Shape{Height: 3 + rng.IntN(2), Width: 3, Channels: 2}}
	groups := 1 + rng.IntN(2)
	n.Layers = []workloads.Layer{
		{Name: "conv1", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1},
		{Name: "conv2", Kind: workloads.Conv, Outputs: 4, Kernel: 1 + 2*rng.IntN(2), Stride: 1, Groups: groups},
		{Name: "fc", Kind: workloads.Linear, Outputs: 3},
	}
	return n
}

// randomActivity is that of up to three images, many steps of which are empty.
func randomActivity(rng *rand.Rand, job Job) *Activity {
	if rng.IntN(6) == 0 {
		return &Activity{Driven: 1 - rng.Float64(), Conducting: rng.Float64()}
	}
	a := &Activity{}
	for range 1 + rng.IntN(3) {
		density := rng.Float64()
		a.Records = append(a.Records, recordOf(job, func(layer, _, block, _ int) int {
			l := &job.Mapping.Layers[layer]
			rows := min(l.Rows-block%l.RowBlocks*job.Chip.Crossbar.Wordlines, job.Chip.Crossbar.Wordlines)
			if rng.Float64() > density {
				return 0
			}
			return rng.IntN(rows + 1)
		}))
	}
	return a
}

func randomDataJob(t *testing.T, rng *rand.Rand) (Job, *Activity) {
	chip, net, bits := randomCase(rng)
	if rng.IntN(3) == 0 {
		net, chip.Tile.EDRAM.Bytes = randomConv(rng), 64
		if rng.IntN(2) == 0 {
			chip.Map.Replicate, chip.Map.Copies = arch.ReplicateByHand, map[string]int{"conv1": 3}
		}
	}
	randomData(rng, chip)
	job := jobOf(t, chip, net, bits)
	return job, randomActivity(rng, job)
}

// TestDataExactEqualsDefault: running each product ahead on its own gives every
// figure of the run in which each read, scan and addition of all IMAs is an event.
func TestDataExactEqualsDefault(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	settled := 0
	for i := range 250 {
		job, activity := randomDataJob(t, rng)
		opts := Options{Images: 300, Activity: activity}
		got, err := Simulate(context.Background(), job, opts)
		opts.Exact = true
		want, wantErr := Simulate(context.Background(), job, opts)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("case %d: error is %v, exactly %v", i, err, wantErr)
		}
		if err != nil {
			continue
		}
		settled++
		got.Events, want.Events, got.Images, want.Images = 0, 0, 0, 0
		if !reflect.DeepEqual(got, want) {
			t.Errorf("case %d (%+v): latency %v and %v, interval %v and %v of %d and %d images", i, job.Chip.ADC, got.LatencySingle, want.LatencySingle, got.Interval, want.Interval, got.WindowImages, want.WindowImages)
			for k := range min(len(got.Resources), len(want.Resources)) {
				if got.Resources[k] != want.Resources[k] {
					t.Errorf("%+v\nwant %+v", got.Resources[k], want.Resources[k])
				}
			}
		}
	}
	if settled < 200 {
		t.Errorf("%d cases settled, want most of 250", settled)
	}
}

// TestAllActiveIsOrdinary: where every wordline is driven and an operation unit is
// the whole array, every figure is that of a chip that takes no notice of the data.
func TestAllActiveIsOrdinary(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for i := range 100 {
		chip, net, bits := randomCase(rng)
		if rng.IntN(3) == 0 {
			net, chip.Tile.EDRAM.Bytes = randomConv(rng), 64
		}
		ordinary := jobOf(t, chip, net, bits)
		want := simulate(t, ordinary, Options{})
		data := *chip
		data.SkipEmpty = []arch.SkipEmpty{arch.SkipByArray, arch.SkipByProduct}[i%2]
		data.DAC.Charge = crossbar.DrivenWordlines
		if i%3 == 0 {
			data.Crossbar.UnitRows, data.Crossbar.UnitColumns = chip.Crossbar.Wordlines, chip.Crossbar.Bitlines+1
		}
		job := ordinary
		job.Chip = &data
		full := recordOf(job, func(layer, _, block, _ int) int {
			l := &job.Mapping.Layers[layer]
			return min(l.Rows-block%l.RowBlocks*chip.Crossbar.Wordlines, chip.Crossbar.Wordlines)
		})
		for _, a := range []*Activity{AllActive(), {Records: []*scheduler.Record{full}}, {Records: []*scheduler.Record{full, full}}} {
			got := simulate(t, job, Options{Activity: a})
			got.Activity = nil
			got.Events, got.Images = want.Events, want.Images
			if len(a.Records) < 2 {
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("case %d: latency %v, interval %v, counts %+v, want %v, %v, %+v", i, got.LatencySingle, got.Interval, got.PerImage, want.LatencySingle, want.Interval, want.PerImage)
				}
			} else if got.LatencySingle != want.LatencySingle || got.PerImage != want.PerImage {
				t.Fatalf("case %d: latency %v, counts %+v of two equal images, want %v, %+v", i, got.LatencySingle, got.PerImage, want.LatencySingle, want.PerImage)
			}
		}
	}
}

// TestDataBounds: no image is faster than the array with most reads, no work is
// more than that of an image in which everything is driven, and what is counted from
// the activity is what the arrays, converters and adders did.
func TestDataBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 26))
	settled := 0
	for i := range 150 {
		job, activity := randomDataJob(t, rng)
		if len(activity.Records) > 1 {
			activity.Records = activity.Records[:1]
		}
		got, err := Simulate(context.Background(), job, Options{Images: 300, Activity: activity})
		if err != nil {
			continue
		}
		settled++
		b, err := activeBuilder(job, activity)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.model(modelOptions{images: 1})
		if err != nil {
			t.Fatal(err)
		}
		m.start()
		if err := b.runTo(context.Background(), m, 1); err != nil {
			t.Fatal(err)
		}
		if err := m.engine.Run(context.Background(), m); err != nil { // what the result did not wait for
			t.Fatal(err)
		}
		var use classUse
		use.pools = make([]sim.Use, 64)
		for k := range m.teams {
			for c := range m.teams[k].classes {
				x := &m.teams[k].classes[c]
				use.reads.Jobs += x.use.reads.Jobs
				use.reads.Busy += x.use.reads.Busy
				use.scans += x.use.scans
				use.adds.Busy += x.use.adds.Busy
				for p := range x.use.pools {
					use.pools[0].Busy += x.use.pools[p].Busy
					use.pools[0].Jobs += x.use.pools[p].Jobs
				}
			}
		}
		c := &got.PerImage
		if use.reads.Jobs != c.Reads || use.reads.Busy != c.ReadTime || use.pools[0].Busy != c.ScanTime || use.adds.Busy*units.Time(job.Chip.IMA.ShiftAdd.Count) != c.AddTime || use.pools[0].Jobs != use.scans {
			t.Fatalf("case %d: arrays read %d times for %v, converters scan for %v, adders add for %v, counted are %d, %v, %v, %v",
				i, use.reads.Jobs, use.reads.Busy, use.pools[0].Busy, use.adds.Busy, c.Reads, c.ReadTime, c.ScanTime, c.AddTime)
		}
		if got.Activity != nil && len(activity.Records) > 0 {
			for _, slowest := range longest(job, activity.Records[0]) {
				if least := units.Time(slowest) * job.Chip.Crossbar.Read(); got.Interval < least || got.LatencySingle < least {
					t.Fatalf("case %d: interval %v, latency %v, an array reads for %v", i, got.Interval, got.LatencySingle, least)
				}
			}
		}
		all, err := Simulate(context.Background(), job, Options{Images: 300, Activity: AllActive()})
		if err != nil {
			t.Fatal(err)
		}
		if c.Reads > all.PerImage.Reads || c.Drives > all.PerImage.Drives || c.TotalConversions() > all.PerImage.TotalConversions() {
			t.Fatalf("case %d: %d reads, %d drives, %d conversions, all driven %d, %d, %d", i, c.Reads, c.Drives, c.TotalConversions(), all.PerImage.Reads, all.PerImage.Drives, all.PerImage.TotalConversions())
		}
	}
	if settled < 100 {
		t.Errorf("%d cases settled, want at least 100", settled)
	}
}

// longest is, layer by layer, how many reads an array has to do one after the other
// for an image: by the rules alone, in the array that has most of them.
func longest(job Job, r *scheduler.Record) []int {
	var all []int
	for i, l := range job.Mapping.Layers {
		x := &r.Layers[i]
		most := 0
		for c := range l.Copies {
			for _, a := range l.Copies[c].Arrays {
				reads := 0
				for p := range x.Positions {
					if l.CopyOf(p) != c {
						continue
					}
					for s := range x.Steps {
						driven := 0
						for g := range int(a.Groups) {
							driven += int(x.Driven[x.At(p, (int(a.Group)+g)*l.RowBlocks+int(a.RowBlock), s)])
						}
						reads += fewestReads(job.Chip, driven)
					}
				}
				most = max(most, reads)
			}
		}
		all = append(all, most)
	}
	return all
}

// fewestReads of an array in a step that may convert nothing.
func fewestReads(c *arch.Chip, driven int) int {
	switch {
	case c.ADC.Stepped():
		return 0
	case c.Crossbar.UnitRows > 0:
		return ceil(driven, c.Crossbar.UnitRows)
	case driven == 0 && c.SkipEmpty != arch.SkipNothing:
		return 0
	}
	return 1
}

// TestProductsAheadDoNotAllocate: a product that is run ahead costs no memory once
// the agenda has grown to its size.
func TestProductsAheadDoNotAllocate(t *testing.T) {
	chip := threeSteps(func(c *arch.Chip) {
		c.Crossbar.UnitRows, c.Crossbar.UnitColumns, c.ADC.PerIMA = 2, 2, 1
	})
	job := jobOf(t, chip, mlp(8, 4), 8)
	b, err := newBuilder(job)
	if err == nil {
		err = b.take(&Activity{Records: []*scheduler.Record{stepsOf(job, []int{3, 0, 4}, []int{1, 2, 4})}})
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.model(modelOptions{images: 1})
	if err != nil {
		t.Fatal(err)
	}
	team := &m.teams[0]
	live := &liveIMA{state: newIMAState(team.classes[0].kind)}
	now, slot := units.Time(0), 0
	product := func() {
		m.data.look(m, team, 0)
		m.data.load(live.state)
		live.product(now, &live.outcomes[slot%double])
		now, slot = live.outcomes[slot%double].ready, slot+1
	}
	product()
	product()
	if n := testing.AllocsPerRun(50, product); n != 0 {
		t.Errorf("a product allocates %v times, want 0", n)
	}
}
