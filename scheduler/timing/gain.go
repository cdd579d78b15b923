package timing

import (
	"context"

	"bitline/adc"
	"bitline/internal/units"
)

// ADCGain is what resolutions other than the rate's brought to a network.
type ADCGain struct {
	// Scan is how many times less converter time an image takes than with every
	// converter at rate_bits.
	Scan float64
	// Interval and Latency are how many times shorter those are: what of the
	// faster converters arrived.
	Interval, Latency float64
}

// CompareADC simulates a job a second time with every converter at the resolution
// of its rate in every step and says what the resolutions behind t gained.
func CompareADC(ctx context.Context, job Job, t *Timing, opts Options) (ADCGain, error) {
	full, chip := job, *job.Chip
	chip.ADC.ByStep, chip.ADC.Kept = nil, adc.Kept{}
	full.Chip = &chip
	full.Bits = make([][]int, len(job.Mapping.Layers))
	for i := range full.Bits {
		full.Bits[i] = make([]int, job.Chip.Slicing().Count)
		for k := range full.Bits[i] {
			full.Bits[i][k] = job.Chip.ADC.RateBits
		}
	}
	opts.Trace, opts.Power, opts.Timeline = nil, nil, nil
	u, err := Simulate(ctx, full, opts)
	if err != nil {
		return ADCGain{}, err
	}
	return ADCGain{
		Scan:     units.Quotient(float64(u.PerImage.ScanTime), float64(t.PerImage.ScanTime)), // 0 where nothing is converted
		Interval: float64(u.Interval) / float64(t.Interval),
		Latency:  float64(u.LatencySingle) / float64(t.LatencySingle),
	}, nil
}
