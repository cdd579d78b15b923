package pipeline

import (
	"strings"
	"testing"

	"bitline/scheduler/timing"
)

// What a result suggests follows from what it shows, and is not what its command has
// already.
func TestNext(t *testing.T) {
	const share = " --set adc.kind=reconfigurable --set adc.per_ima="
	for _, tt := range []struct {
		name   string
		sets   []string
		lost   float64 // of an accuracy of 90 %
		class  string
		advice string
	}{
		{"nothing lost at 8 bits", []string{"adc.bits=8"}, 0, "crossbar", "try smaller converters: CMD --set 'adc.bits=[4,4,4,2]'"},
		{"too little to mention", []string{"adc.bits=8"}, 0.0009, "crossbar", "try smaller converters: CMD --set 'adc.bits=[4,4,4,2]'"},
		{"too little for more bits", []string{"adc.bits=4", "adc.recalibrate=affine"}, 0.009, "adc", "see every layer and resource: CMD --set adc.bits=4 --set adc.recalibrate=affine --details"},
		{"clipped", []string{"adc.bits=3"}, 0.4, "crossbar", "converters cost 40.00 points of accuracy; a refit of the digital side is free: CMD --set adc.bits=3 --set adc.recalibrate=affine"},
		{"clipped a little", []string{"adc.bits=3"}, 0.002, "crossbar", "converters cost 0.20 points of accuracy; a refit of the digital side is free: CMD --set adc.bits=3 --set adc.recalibrate=affine"},
		{"clipped although refitted", []string{"adc.bits=[3,3,3,1]", "adc.recalibrate=affine"}, 0.11, "crossbar", "converters cost 11.00 points of accuracy; give each one bit more: CMD --set adc.recalibrate=affine --set 'adc.bits=[4,4,4,2]'"},
		{"clipped at one resolution", []string{"adc.bits=3", "adc.recalibrate=affine"}, 0.11, "crossbar", "converters cost 11.00 points of accuracy; give each one bit more: CMD --set adc.recalibrate=affine --set adc.bits=4"},
		{"clipped at all that there are", []string{"adc.bits=16", "adc.recalibrate=affine"}, 0.11, "crossbar", "see every layer and resource: CMD --set adc.bits=16 --set adc.recalibrate=affine --details"},
		// 1024 bitlines of an IMA in 100 ns take 10.24 conversions a nanosecond. Of 4 bits
		// a converter makes 2.56 under the power law; of [3, 3, 3, 1] the three make
		// 1.28 × 8/3 and the last 1.28 × 8, on the mean 1 in 0.244 ns: 2.5 converters.
		{"crossbars bound", []string{"adc.bits=4"}, 0, "crossbar", "the crossbars bound the interval; 4 converters an IMA that all slices share would keep up, on less area: CMD --set adc.bits=4" + share + "4"},
		{"crossbars bound, resolutions differ", []string{"adc.bits=[3,3,3,1]"}, 0, "crossbar", "the crossbars bound the interval; 3 converters an IMA that all slices share would keep up, on less area: CMD --set 'adc.bits=[3,3,3,1]'" + share + "3"},
		{"converters bound", []string{"adc.bits=4"}, 0, "adc", "see every layer and resource: CMD --set adc.bits=4 --details"},
		{"as few as can be", []string{"adc.bits=4", "adc.per_ima=4"}, 0, "crossbar", "see every layer and resource: CMD --set adc.bits=4 --set adc.per_ima=4 --details"},
		{"shared already", []string{"adc.bits=4", "adc.kind=reconfigurable", "adc.per_ima=4"}, 0, "crossbar", "see every layer and resource: CMD --set adc.bits=4 --set adc.kind=reconfigurable --set adc.per_ima=4 --details"},
	} {
		job, err := LoadJob("quickstart", tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		bits, err := job.givenBits()
		if err != nil {
			t.Fatal(err)
		}
		c := job.Chip
		r := Result{Valued: &Valued{Accuracy: 0.9 - tt.lost, AccuracyNoADC: 0.9}, ADCBits: bits, command: job.Command, simulated: timing.Job{Chip: c}}
		r.Recalibrate, r.SliceLayout, r.ADCResolution, r.Bottleneck.Class = string(c.ADC.Recalibrate), string(c.Encoding.Slices), givenResolution, tt.class
		if got, want := r.next(false), strings.Replace(tt.advice, "CMD", "bitline run quickstart", 1); got != want {
			t.Errorf("%s: it suggests\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}
