package timing

import (
	"context"
	"testing"

	"bitline/internal/units"
)

// TestTrialAgrees compares the interval of ResNet-18 on a chip whose converters bound
// it, which is known early, with that of a stream followed until it is steady.
func TestTrialAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and tens of them where races are looked for")
	}
	b, err := newBuilder(shippedJob(t, "resnet-18", 1, "mapping.replicate=isaac", "adc.per_ima=4"))
	if err != nil {
		t.Fatal(err)
	}
	_, bound, err := b.singles(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	early, got, err := b.settled(context.Background(), Options{}, bound)
	if err != nil {
		t.Fatal(err)
	}
	late, want, err := b.settled(context.Background(), Options{Steady: 0.001}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(early.done) >= leastSteady || len(late.done) <= leastSteady {
		t.Errorf("%d and %d images were simulated, want the bound to be met before %d", len(early.done), len(late.done), leastSteady)
	}
	a, z := float64(got.length)/float64(got.images), float64(want.length)/float64(want.images)
	if a < 0.995*float64(bound) || a > 1.005*float64(bound) || a > 1.005*z || z > 1.005*a {
		t.Errorf("interval %v after %d images, %v after %d, bound %v; want equal ones within 0.5 %%, at the bound",
			units.Time(a), len(early.done), units.Time(z), len(late.done), bound)
	}
}

// TestExplainAfterTrial: an explanation looks at the window that was found early.
func TestExplainAfterTrial(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and tens of them where races are looked for")
	}
	job := shippedJob(t, "resnet-18", 1, "mapping.replicate=isaac", "adc.per_ima=4")
	opts := Options{Critical: CriticalOptions{Events: 1}} // the cycle alone
	got, err := Simulate(context.Background(), job, opts)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Explain(context.Background(), job, got, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got.Images >= leastSteady || e.Interval != got.Interval {
		t.Errorf("interval %v explained after %d images, want the %v found before %d", e.Interval, got.Images, got.Interval, leastSteady)
	}
}

// TestTrial sees windows of four images that last as long as their bound says, less
// and more.
func TestTrial(t *testing.T) {
	steady := func(interval units.Time) []units.Time {
		var done []units.Time
		for i := range 8 {
			done = append(done, units.Time(i+1)*interval)
		}
		return done
	}
	tests := []struct {
		name   string
		bound  units.Time
		done   []units.Time
		counts bool
	}{
		{"at the bound", 1000, steady(1000), true},
		{"half a per cent above", 1000, steady(1005), true},
		{"more above", 1000, steady(1006), false},
		{"half a per cent below", 1000, steady(995), true},
		{"more below: a backlog", 1000, steady(994), false},
		{"no bound", 0, steady(1000), false},
		{"slow before the window only", 1000, []units.Time{5000, 9000, 13000, 17000, 18000, 19000, 20000, 21000}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, m := trial{bound: tt.bound, within: DefaultSteady}, &model{}
			for i := range tt.done {
				m.done = tt.done[:i+1]
				if got, want := x.image(m), tt.counts && i == 7; got != want {
					t.Errorf("after image %d of %v: %t, want %t", i+1, tt.done, got, want)
				}
			}
		})
	}
}
