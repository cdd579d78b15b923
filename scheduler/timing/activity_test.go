package timing

import (
	"context"
	"math"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/workloads"
)

// TestEnergyFollowsCounts: an array of 4 × 4 cells reads steps that drive 3, 0 and 1
// wordlines. A cell takes 6 fJ and 3 µW · 10 ns = 30 fJ a read, a bitline 50 fJ, and a
// driver 7 fJ.
func TestEnergyFollowsCounts(t *testing.T) {
	costs := func(c *arch.Chip) {
		c.Crossbar.CellEnergy = 6 * units.Femtojoule
		c.Crossbar.CellPower = 3 * units.Microwatt
		c.Crossbar.BitlinePower = 5 * units.Microwatt
		c.DAC.Cost.Energy = 7 * units.Femtojoule
	}
	tests := []struct {
		name             string
		change           func(*arch.Chip)
		crossbar, driver units.Energy
		conducted        int64
	}{
		// 3 reads of 16 cells and 4 bitlines, 3 · 4 drives.
		{"nameplate", nil, 3 * (16*36 + 4*50) * units.Femtojoule, 12 * 7 * units.Femtojoule, 0},
		{"skipped", func(c *arch.Chip) { c.SkipEmpty = arch.SkipByArray }, 2 * (16*36 + 4*50) * units.Femtojoule, 8 * 7 * units.Femtojoule, 0},
		{"driven", func(c *arch.Chip) { c.DAC.Charge = crossbar.DrivenWordlines }, 3 * (16*36 + 4*50) * units.Femtojoule, 4 * 7 * units.Femtojoule, 0},
		// 3 and 1 wordlines with 4 cells of level 1 each conduct 16 levels, of 3 that a
		// cell has: 16/3 · 36 = 192 fJ; the bitlines as ever.
		{"conducting", func(c *arch.Chip) { c.Crossbar.Charge = crossbar.Conducting }, (192 + 3*200) * units.Femtojoule, 84 * units.Femtojoule, 16},
		// Units of 2 × 2 cells: (2 + 0 + 1) · 2 reads of 4 cells and 2 bitlines. Each
		// driven wordline is driven for two groups of columns.
		{"units", func(c *arch.Chip) { c.Crossbar.UnitRows, c.Crossbar.UnitColumns = 2, 2 }, 6 * (4*36 + 2*50) * units.Femtojoule, 8 * 7 * units.Femtojoule, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			job := jobOf(t, threeSteps(func(c *arch.Chip) {
				costs(c)
				if tt.change != nil {
					tt.change(c)
				}
			}), mlp(4, 4), 8)
			got := simulate(t, job, Options{Activity: &Activity{Records: []*scheduler.Record{stepsOf(job, []int{3, 0, 1})}}})
			a, err := NewAccount(job, got)
			if err != nil {
				t.Fatal(err)
			}
			energy := map[string]units.Energy{}
			for _, r := range a.Dynamic {
				energy[r.Component] += r.Energy
			}
			for component, want := range map[string]units.Energy{"crossbar": tt.crossbar, "DAC": tt.driver} {
				if want > 0 && energy[component] != want {
					t.Errorf("%s takes %v, want %v", component, energy[component], want)
				}
			}
			if got.PerImage.Conducted != tt.conducted {
				t.Errorf("%d levels conducted, want %d", got.PerImage.Conducted, tt.conducted)
			}
		})
	}
}

// TestConductingAtMost: an array that is full of cells at their highest level and
// driven throughout takes what the nameplate says.
func TestConductingAtMost(t *testing.T) {
	energy := func(charge crossbar.ReadCharge) units.Energy {
		job := jobOf(t, threeSteps(func(c *arch.Chip) {
			c.Crossbar.CellEnergy, c.Crossbar.CellPower, c.Crossbar.WordlinePower = 6*units.Femtojoule, 3*units.Microwatt, 2*units.Microwatt
			c.Crossbar.Charge, c.DAC.Charge = charge, crossbar.DrivenWordlines
		}), mlp(4, 4), 8)
		return crossbarRow(job.Chip, &simulate(t, job, Options{Activity: AllActive()}).PerImage).Energy
	}
	if got, want := energy(crossbar.Conducting), energy(crossbar.WholeArray); got != want || want == 0 {
		t.Errorf("energy is %v, want %v", got, want)
	}
}

// Rectified inputs of a chip that splits signs have one pass of steps, whatever a read
// is made of: as many reads as in whole arrays times the operation units.
func TestRectifiedSteps(t *testing.T) {
	net := mlp(4, 4, 4)
	net.Layers[0].ReLU = true
	reads := func(change func(*arch.Chip)) (layers []int64) {
		job := jobOf(t, threeSteps(func(c *arch.Chip) {
			c.Encoding.InputSign = crossbar.SignSplit
			change(c)
		}), net, 8)
		for _, l := range simulate(t, job, Options{}).Layers {
			layers = append(layers, l.Reads)
		}
		return layers
	}
	whole := reads(func(*arch.Chip) {})
	halves := reads(func(c *arch.Chip) { c.Crossbar.UnitColumns = c.Crossbar.Bitlines / 2 })
	if whole[0] != 2*whole[1] || halves[0] != 2*whole[0] || halves[1] != 2*whole[1] {
		t.Errorf("the layers have %v reads, %v by operation units; want the second half of the first, and twice as many", whole, halves)
	}
}

// What instances are busy for may be longer than a time can say, though an image is not.
func TestBusyTooLong(t *testing.T) {
	var c Counts
	spend(&c.DriveTime, 1<<40, units.Time(1<<40))
	if err := c.checkTimes(); err == nil || c.DriveTime != math.MaxInt64 {
		t.Errorf("2^40 actions of 2^40 fs take %v, error %v; want the longest time and an error", c.DriveTime, err)
	}
	c.add(&c)
	if c.DriveTime != math.MaxInt64 {
		t.Errorf("twice as many take %v, want the longest time", c.DriveTime)
	}
	var d Counts
	spend(&d.DriveTime, 3, 5)
	if err := d.checkTimes(); err != nil || d.DriveTime != 15 {
		t.Errorf("3 actions of 5 fs take %v, error %v; want 15 fs and none", d.DriveTime, err)
	}
}

func TestActivityErrors(t *testing.T) {
	skip := threeSteps(func(c *arch.Chip) { c.SkipEmpty = arch.SkipByArray })
	job := jobOf(t, skip, mlp(4, 4), 8)
	other := jobOf(t, skip, mlp(8, 4), 8)
	tests := []struct {
		name     string
		activity *Activity
		want     string
	}{
		{"none", nil, "by pipeline.skip_empty_steps follow the data, want the activity of replayed images or an assumed one"},
		{"zero", &Activity{}, "assumed activity is 0, want over 0 to 1"},
		{"too much", &Activity{Driven: 0.5, Conducting: 1.5}, "assumed conduction is 1.5, want 0 to 1"},
		{"layers", &Activity{Records: []*scheduler.Record{{Image: "a"}}}, "activity of a has 0 layers, want 1"},
		{"shape", &Activity{Records: []*scheduler.Record{stepsOf(other, []int{1, 1, 1}, []int{1, 1, 1})}}, "layer fc1: activity is of 1 positions, 2 row blocks, 3 steps and 1 slices, want 1, 1, 3 and 1"},
		{"wordlines", &Activity{Records: []*scheduler.Record{stepsOf(job, []int{1, 5, 1})}}, "5 wordlines are driven of 4 rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Simulate(context.Background(), job, Options{Activity: tt.activity})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestNewton: on ISAAC's chip with converters of 9 bits, outputs that keep bits 10 to
// 25 of 39 need 832 of 1152 bit-conversions (Nag et al., IEEE Micro 2018), and 8 of
// 128 conversions none at all.
func TestNewton(t *testing.T) {
	bits := func(kept adc.Kept) (sum, conversions int64) {
		job := jobOf(t, chipWith(func(c *arch.Chip) { isaac(c); c.ADC.Kept = kept }), mlp(128, 1), 9)
		c := simulate(t, job, Options{}).PerImage
		for n, k := range c.Conversions {
			sum += int64(n) * k
		}
		return sum, c.TotalConversions()
	}
	if sum, n := bits(adc.Kept{}); sum != 1152 || n != 128 {
		t.Errorf("all kept: %d bits in %d conversions, want 1152 in 128", sum, n)
	}
	if sum, n := bits(adc.Kept{Low: 10, High: 26}); sum != 832 || n != 120 {
		t.Errorf("16 of 39 kept: %d bits in %d conversions, want 832 in 120", sum, n)
	}
}

// TestRecordOfAReplay: of 70 inputs on wordlines of 32, in 3 blocks with 4 slices and
// 2 signs, arrays read in the steps in which the image has a set bit in their rows,
// and drivers and cells are charged for what the replay saw.
func TestRecordOfAReplay(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) {
		c.Crossbar.Wordlines, c.SkipEmpty = 32, arch.SkipByArray
		c.Crossbar.Charge, c.DAC.Charge = crossbar.Conducting, crossbar.DrivenWordlines
	})
	model := &workloads.Model{
		Network: mlp(70, 5), WeightBits: 8, Input: workloads.InputCodes{Zero: []int32{0}, Scale: 2},
		Layers: []workloads.LayerWeights{{Rows: 70, Columns: 5, Affine: workloads.Affine{F: 24, M: make([]int64, 5), B: make([]int64, 5)}}},
	}
	model.Network.Input = workloads.Shape{Height: 1, Width: 1, Channels: 70}
	model.Input.Zero = make([]int32, 70)
	image := workloads.Images{Shape: model.Network.Input, Labels: []uint8{0}}
	for k := range 70 {
		image.Pixels = append(image.Pixels, []uint8{0, 1, 36}[k/32])
		for range 5 {
			model.Layers[0].Codes = append(model.Layers[0].Codes, int16(k%3))
		}
	}
	r, err := scheduler.NewReplayer(chip, model)
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := r.Record(image, scheduler.Plan{Bits: [][]int{{7, 7, 7, 7}}}, "bytes")
	if err != nil {
		t.Fatal(err)
	}
	got := simulate(t, jobOf(t, chip, model.Network, 8), Options{Activity: &Activity{Records: []*scheduler.Record{record}}})
	// The bytes of the blocks have no, one and two bits set: 3 reads of 8 arrays each.
	// 32 wordlines in one step, 6 in two. Σ k mod 3 over rows 32 to 63 is 32 (ten times
	// 0 + 1 + 2 and 2 + 0), over rows 64 to 69 it is 6; 5 columns.
	c := got.PerImage
	if c.Reads != 3*8 || c.Drives != (32+2*6)*8 || c.Conducted != 5*(32+2*6) {
		t.Errorf("%d reads, %d drives, %d levels conducted, want 24, 352 and 220", c.Reads, c.Drives, c.Conducted)
	}
}
