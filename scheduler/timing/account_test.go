package timing

import (
	"context"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler"
)

func mustAccount(t testing.TB, job Job) (*Account, *Timing) {
	t.Helper()
	timing, err := Simulate(context.Background(), job, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAccount(job, timing)
	if err != nil {
		t.Fatal(err)
	}
	return a, timing
}

func energyOf(rows []cost.Row, component string) units.Energy {
	var e units.Energy
	for _, r := range rows {
		if r.Component == component {
			e += r.Energy
		}
	}
	return e
}

// TestAccountOfISAAC closes the energies at peak of ISAAC's table I per 16-bit
// multiply-accumulate: power over 122.88 GMAC/s a tile. An array of 128 × 16
// weights does 2048 of them in 1.6 µs.
func TestAccountOfISAAC(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) { isaac(c); c.Stage = 100 * ns })
	a, _ := mustAccount(t, jobOf(t, chip, mlp(128, 16), 8))
	tests := []struct {
		component string
		want      units.Energy // per multiply-accumulate, rounded to 0.1 fJ
	}{
		{"ADC", 1562500},               // 2 mW at 1.28 GS/s, a conversion each
		{"DAC", 390600},                // 4 mW / 1024 · 128 · 1.6 µs / 2048
		{"crossbar", 234400},           // 2.4 mW / 8 · 1.6 µs / 2048
		{"IMA shift-and-add", 19500},   // 0.2 mW · 16 · 12.5 ns / 2048
		{"IMA input register", 983900}, // 1.24 mW · 1.625 µs / 2048: one of eight arrays uses it
	}
	for _, tt := range tests {
		got := energyOf(a.Dynamic, tt.component) / 2048
		if diff := got - tt.want; diff < -50 || diff > 50 {
			t.Errorf("%s takes %v a multiply-accumulate, want %v ± 0.05 fJ", tt.component, got, tt.want)
		}
	}
}

// TestAccountByHand charges the tiny chip, one cost at a time.
func TestAccountByHand(t *testing.T) {
	// One array, InputBits reads: see TestTimesByHand, "three reads": latency 54 ns,
	// interval 30 ns.
	action := cost.Cost{Energy: units.Picojoule}
	active := cost.Cost{ActivePower: units.Milliwatt} // 1 pJ a nanosecond
	static := cost.Cost{StaticPower: units.Milliwatt}
	tests := []struct {
		name           string
		set            func(*arch.Chip)
		single, steady units.Energy // of the used tile
		chip           units.Energy // steady, of two tiles
	}{
		{"nothing", func(*arch.Chip) {}, 0, 0, 0},
		// 4 rows · 3 steps
		{"DAC by action", func(c *arch.Chip) { c.DAC.Cost = action }, 12e6, 12e6, 12e6},
		{"DAC by time", func(c *arch.Chip) { c.DAC.Cost = active }, 120e6, 120e6, 120e6},
		// 3 scans · 4 columns, each 1 ns of 1 mW
		{"ADC", func(c *arch.Chip) { c.ADC.Power = units.Milliwatt }, 12e6, 12e6, 12e6},
		// 16 cells of 1 mW for 30 ns
		{"crossbar", func(c *arch.Chip) { c.Crossbar.CellPower = units.Milliwatt }, 480e6, 480e6, 480e6},
		{"sample-and-hold by action", func(c *arch.Chip) { c.IMA.SampleHold = action }, 12e6, 12e6, 12e6},
		// 4 columns held 4 ns, three times
		{"sample-and-hold by time", func(c *arch.Chip) { c.IMA.SampleHold = active }, 48e6, 48e6, 48e6},
		{"shift-and-add by action", func(c *arch.Chip) { c.IMA.ShiftAdd.Cost = action }, 12e6, 12e6, 12e6},
		{"shift-and-add by time", func(c *arch.Chip) { c.IMA.ShiftAdd.Cost = active }, 12e6, 12e6, 12e6},
		// fetch 12 b, write 12 b: 2 transfers of 8 b each
		{"eDRAM by action", func(c *arch.Chip) { c.Tile.EDRAM.Cost = action }, 4e6, 4e6, 4e6},
		{"eDRAM by time", func(c *arch.Chip) { c.Tile.EDRAM.Cost = active }, 4e6, 4e6, 4e6},
		// and 32 b of outputs
		{"bus", func(c *arch.Chip) { c.Tile.Bus.Cost = action }, 8e6, 8e6, 8e6},
		{"router", func(c *arch.Chip) { c.Tile.Router.Cost = action }, 0, 0, 0},
		{"tile shift-and-add", func(c *arch.Chip) { c.Tile.ShiftAdd.Cost = action }, 4e6, 4e6, 4e6},
		{"activation", func(c *arch.Chip) { c.Tile.Activation.Cost = action }, 4e6, 4e6, 4e6},
		// fetch 2 ns and three reads
		{"input register", func(c *arch.Chip) { c.IMA.InputRegister.Cost = active }, 32e6, 32e6, 32e6},
		// three times 4 codes and 4 ns of sending
		{"output register", func(c *arch.Chip) { c.IMA.OutputRegister.Cost = active }, 16e6, 16e6, 16e6},
		// sums 4 ns, activation 4 ns
		{"tile output register", func(c *arch.Chip) { c.Tile.OutputRegister.Cost = active }, 8e6, 8e6, 8e6},
		// 1 mW for 54 and 30 ns; two tiles
		{"eDRAM at rest", func(c *arch.Chip) { c.Tile.EDRAM.Cost = static }, 54e6, 30e6, 60e6},
		// 4 arrays of 4 wordlines in each tile
		{"DACs at rest", func(c *arch.Chip) { c.DAC.Cost = static }, 16 * 54e6, 16 * 30e6, 32 * 30e6},
		{"links at rest", func(c *arch.Chip) { c.IO.Count, c.IO.Cost = 3, static }, 0, 0, 90e6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := tiny(func(c *arch.Chip) {
				c.Encoding.InputBits, c.Tiles = 3, 2
				tt.set(c)
			})
			a, timing := mustAccount(t, jobOf(t, chip, mlp(4, 4), 8))
			if timing.LatencySingle != 54*ns || timing.Interval != 30*ns {
				t.Fatalf("latency %v and interval %v, want 54 ns and 30 ns", timing.LatencySingle, timing.Interval)
			}
			got := [3]units.Energy{a.UsedTiles.EnergySingle, a.UsedTiles.EnergySteady, a.Chip.EnergySteady}
			if want := [3]units.Energy{tt.single, tt.steady, tt.chip}; got != want {
				t.Errorf("single, steady and whole chip take %v, want %v", got, want)
			}
		})
	}
}

// TestAccountAddsUp: every total is the sum of rows, and resolutions have rows of
// their own.
func TestAccountAddsUp(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) {
		c.ADC.Law = adc.PowerLaw
		c.Tile.EDRAM.Cost.StaticPower = units.Milliwatt
		c.IO.Count, c.IO.Cost.StaticPower = 4, units.Watt
	})
	job := jobOf(t, chip, mlp(784, 100, 10), 8)
	job.Bits = [][]int{{3, 3, 3, 1}, {8, 3, 3, 1}}
	a, timing := mustAccount(t, job)
	for name, s := range map[string]Scope{"used tiles": a.UsedTiles, "chip": a.Chip} {
		if got, want := s.EnergySingle, cost.Total(append(append([]cost.Row{}, a.Dynamic...), s.Single...)); got != want {
			t.Errorf("%s: single is %v, want the rows' sum %v", name, got, want)
		}
		if got, want := s.EnergySteady, cost.Total(append(append([]cost.Row{}, a.Dynamic...), s.Steady...)); got != want {
			t.Errorf("%s: steady is %v, want the rows' sum %v", name, got, want)
		}
	}
	if a.UsedTiles.Tiles != 1 || a.Chip.Tiles != 168 {
		t.Errorf("scopes are %d and %d tiles, want 1 and 168", a.UsedTiles.Tiles, a.Chip.Tiles)
	}
	var layers Counts
	for i := range timing.Layers {
		layers.add(&timing.Layers[i])
	}
	if layers != timing.PerImage {
		t.Errorf("layers add up to %+v, want %+v", layers, timing.PerImage)
	}
	// 8 steps · 2 signs: 7 row blocks of 100 columns and one of 10, in 4 slices.
	c := timing.PerImage.Conversions
	if c[3] != 16*(3*700+2*10) || c[1] != 16*(700+10) || c[8] != 16*10 {
		t.Errorf("conversions are %v", c)
	}
	conversions := map[string]int64{}
	for _, r := range a.Dynamic {
		if r.Component == "ADC" {
			conversions[r.Action] = r.Count
			if assumed := r.Assumed != ""; assumed == (r.Action == "conversion at 8 b") {
				t.Errorf("%s is assumed: %t, want so only for resolutions other than the rate's", r.Action, assumed)
			}
		}
	}
	if len(conversions) != 3 || conversions["conversion at 8 b"] != 160 {
		t.Errorf("rows of conversions are %v, want three, 160 of them at 8 b", conversions)
	}
}

func TestAccountOfAnUndefinedResolution(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) { c.ADC.Law = adc.Survey })
	timing := &Timing{}
	timing.PerImage.Conversions[3] = 1
	if _, err := NewAccount(Job{Chip: chip, Mapping: &scheduler.Mapping{}}, timing); err == nil || !strings.Contains(err.Error(), "survey") {
		t.Errorf("error is %v, want one that names the law survey", err)
	}
}

// TestAccountDoesNotDependOnSharing: fewer converters take longer, not more
// actions.
func TestAccountDoesNotDependOnSharing(t *testing.T) {
	var want units.Energy
	for n := 1; n <= 8; n++ {
		chip := chipWith(func(c *arch.Chip) { c.ADC.Kind, c.ADC.PerIMA = adc.Reconfigurable, n })
		a, _ := mustAccount(t, jobOf(t, chip, mlp(200, 128), 8))
		if got := a.UsedTiles.EnergySingle; n == 1 {
			want = got
		} else if got != want {
			t.Errorf("%d converters: an image takes %v, want %v", n, got, want)
		}
	}
	pair := chipWith(func(c *arch.Chip) { c.Encoding.Signed = crossbar.DifferentialAnalog })
	if _, timing := mustAccount(t, jobOf(t, pair, mlp(200, 128), 8)); 2*timing.PerImage.TotalConversions() != timing.PerImage.Reads*128 {
		t.Errorf("%d conversions for %d reads of 128 columns, want half as many for pairs", timing.PerImage.TotalConversions(), timing.PerImage.Reads)
	}
}
