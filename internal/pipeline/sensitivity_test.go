package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"bitline/internal/report"
)

func sensitive(t *testing.T, ask bool, sets ...string) *Result {
	t.Helper()
	job, err := LoadJob("quickstart", append(sets, "train.pretrain.epochs=8", "train.finetune.epochs=0", "data.calibration=100"))
	if err != nil {
		t.Fatal(err)
	}
	job.Sensitivity = ask
	r, err := Run(t.Context(), job, Host{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What single layers cost is what jobs find whose layers have those resolutions of
// their own, refitted or not, and the suggestion names the worst of them.
func TestSensitivity(t *testing.T) {
	for _, more := range [][]string{{"adc.bits=3"}, {"adc.bits=[2,2,3,2]", "adc.recalibrate=affine"}, {"adc.bits=3", "adc.layers.fc2=[2,4,4,2]", "encoding.signed=offset"}} {
		whole := sensitive(t, true, more...)
		if len(whole.Sensitivity) != 2 {
			t.Fatalf("%v: %d layers, want 2", more, len(whole.Sensitivity))
		}
		last := func(i int, bits []int) string {
			return fmt.Sprintf("adc.layers.fc%d=%s", i+1, report.Brackets(bits))
		}
		for i, s := range whole.Sensitivity {
			other := 1 - i
			spared := sensitive(t, false, append(more, last(i, s.Enough))...)
			alone := sensitive(t, false, append(more, last(other, whole.Sensitivity[other].Enough), last(i, s.Bits))...)
			if s.Spared != spared.Accuracy || s.Alone != alone.Accuracy {
				t.Errorf("%v: %s has %v spared and %v alone, jobs of these resolutions have %v and %v", more, s.Layer, s.Spared, s.Alone, spared.Accuracy, alone.Accuracy)
			}
			if name := fmt.Sprintf("fc%d", i+1); s.Layer != name || report.Brackets(s.Bits) != report.Brackets(whole.ADCBits[i]) {
				t.Errorf("%v: layer %d is %s with %v, want %s with %v", more, i, s.Layer, s.Bits, name, whole.ADCBits[i])
			}
		}
		if whole.Accuracy >= whole.AccuracyNoADC-clearLoss {
			t.Fatalf("%v loses %v of %v, want a clear loss", more, whole.AccuracyNoADC-whole.Accuracy, whole.AccuracyNoADC)
		}
		most := whole.Sensitivity[0]
		if s := whole.Sensitivity[1]; s.Spared > most.Spared {
			most = s
		}
		want := "; spare it: " + whole.command.String() + " --set " + Quote("adc.layers."+most.Layer+"="+report.Brackets(most.Enough))
		if whole.Setting.Recalibrate == "none" {
			want = " --set adc.recalibrate=affine"
		}
		if next := whole.next(false); !strings.HasSuffix(next, want) {
			t.Errorf("%v: it suggests %q, want one that ends in %q", more, next, want)
		}
	}
}

// Where a larger resolution is not one that clips less, layers are not asked.
func TestSensitivityRefused(t *testing.T) {
	for set, want := range map[string]string{
		"adc.range=full":              `chip bitslice-8bit has adc.range = "full", want "unit", in which a sum that fits is exact`,
		"encoding.signed=offset-flip": `chip bitslice-8bit has encoding.signed = "offset-flip", which stores columns by the resolution, want another`,
		"data.set=none":               `job quickstart has data.set = "none" and computes no values, want a data set`,
	} {
		job, err := LoadJob("quickstart", []string{set})
		if err != nil {
			t.Fatal(err)
		}
		if err := job.CheckSensitivity(); err == nil || err.Error() != want {
			t.Errorf("%s gives %v, want %s", set, err, want)
		}
	}
}
