package pipeline

import (
	"strings"
	"testing"
)

// What a result suggests is not what its command has already.
func TestNext(t *testing.T) {
	for _, tt := range []struct {
		sets []string
		want string
	}{
		{[]string{"adc.bits=8"}, "try smaller converters: bitline run quickstart --set adc.bits=8 --set 'adc.bits=[4,4,4,2]'"},
		{[]string{"adc.bits=4"}, "share converters, so that their speed arrives: bitline run quickstart --set adc.bits=4 --set adc.kind=reconfigurable --set adc.per_ima=3"},
		{[]string{"adc.bits=4", "adc.kind=reconfigurable", "adc.per_ima=3"}, "see every layer and resource: bitline run quickstart --set adc.bits=4 --set adc.kind=reconfigurable --set adc.per_ima=3 --details"},
	} {
		job, err := LoadJob("quickstart", tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		bits, err := job.givenBits(2)
		if err != nil {
			t.Fatal(err)
		}
		r := Result{Valued: &Valued{}, ADCBits: bits, command: job.Command}
		r.ADCKind, r.Recalibrate, r.SliceLayout = string(job.Chip.ADC.Kind), "none", string(job.Chip.Encoding.Slices)
		if got := r.next(); got != tt.want {
			t.Errorf("%s: it suggests\n%s\nwant\n%s", strings.Join(tt.sets, " "), got, tt.want)
		}
	}
}
