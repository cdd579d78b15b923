package pipeline

import (
	"fmt"
	"slices"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/report"
	"bitline/scheduler/timing"
)

const (
	slightLoss = 0.001 // of accuracy, from which a refit is worth a try, which costs nothing
	clearLoss  = 0.01  // from which converters are too small
	fewBits    = 4     // above which smaller converters are worth a try
)

// next suggests what to look at after this result, of which the details have been
// shown or not.
func (r *Result) next(details bool) string {
	a := r.advice
	if r.Valued != nil {
		a = r.suggestion()
	}
	command := r.command.with(a.sets...)
	if len(a.sets) == 0 {
		word := []string{"--details"}
		if details {
			a.about, word = "all of it as a page for a browser", []string{"--html", "page.html"}
		}
		command.More = slices.Concat(command.More, word)
	}
	return a.about + ": " + command.String()
}

// advice says what a change would bring, and the overrides that make it; none look at
// the details of what there is.
type advice struct {
	about string
	sets  []string
}

func seeDetails() advice { return advice{about: "see every layer and resource"} }

// suggestion is what values suggest.
func (r *Result) suggestion() advice {
	if loss := r.AccuracyNoADC - r.Accuracy; loss > slightLoss && r.Setting.Recalibrate == string(adc.NoRecalibration) {
		return advice{fmt.Sprintf("converters cost %.2f points of accuracy; a refit of the digital side is free", 100*loss), []string{"adc.recalibrate=affine"}}
	} else if most, ok := r.mostSensitive(); ok {
		return advice{
			fmt.Sprintf("without the clipping of layer %s alone accuracy is %.2f points higher; spare it", most.Layer, 100*(most.Spared-r.Accuracy)),
			[]string{config.JoinKey("adc.layers", most.Layer) + "=" + report.Brackets(most.Enough)},
		}
	} else if loss > clearLoss {
		if more := r.moreBits(); more != "" {
			return advice{fmt.Sprintf("converters cost %.2f points of accuracy; give each one bit more", 100*loss), []string{"adc.bits=" + more}}
		}
		return seeDetails()
	}
	given := r.Setting.ADCResolution == givenResolution
	if given && slices.ContainsFunc(r.ADCBits, func(bits []int) bool { return slices.Max(bits) > fewBits }) {
		return advice{"try smaller converters", []string{"adc.bits=" + r.fewerBits()}}
	}
	if r.Bottleneck.Class == timing.ClassCrossbar {
		if n := enoughShared(r.simulated.Chip); n > 0 {
			return advice{
				fmt.Sprintf("the crossbars bound the interval; %s an IMA that all slices share would keep up, on less area", report.Counted(n, "converter")),
				[]string{"adc.kind=" + string(adc.Reconfigurable), fmt.Sprintf("adc.per_ima=%d", n)},
			}
		}
	}
	return seeDetails()
}

// fewerBits is the chip's adc.bits with at most fewBits for each slice; half of them
// for the top one of four, which is the sparsest.
func (r *Result) fewerBits() string {
	bits := slices.Clone(r.ADCBits[0])
	for i := range bits {
		bits[i] = min(bits[i], fewBits)
	}
	if len(bits) == 4 && r.Setting.SliceLayout == string(crossbar.Grouped) {
		bits[3] = min(bits[3], fewBits/2)
	}
	return bitsKey(bits)
}

// bitsKey is adc.bits as a key has it.
func bitsKey(bits []int) string {
	if slices.Min(bits) == slices.Max(bits) {
		return fmt.Sprint(bits[0])
	}
	return report.Brackets(bits)
}

// moreBits is the chip's adc.bits with one more for each slice that can have it; ""
// where resolutions are not given there alone or can grow no more.
func (r *Result) moreBits() string {
	if r.Setting.ADCResolution != givenResolution || r.simulated.Chip.ADC.Stepped() {
		return ""
	}
	more, grown := slices.Clone(r.ADCBits[0]), false
	for i, bits := range more {
		more[i] = min(bits+1, adc.MaxBits)
		grown = grown || more[i] > bits
	}
	if !grown {
		return ""
	}
	return bitsKey(more)
}

// enoughShared is how few reconfigurable converters scan a read of all crossbars of an
// IMA within its time and take less area than the chip's fixed ones; 0 for none.
func enoughShared(chip *arch.Chip) int {
	bill, err := chip.Bill()
	if err != nil || chip.ADC.Kind == adc.Reconfigurable || chip.ADC.Auto != adc.Given || chip.ADC.Stepped() {
		return 0
	}
	for n := 1; n < chip.ADC.PerIMA; n++ {
		shared := *chip
		shared.ADC.Kind, shared.ADC.PerIMA = adc.Reconfigurable, n
		other, err := shared.Bill()
		if err == nil && other.Peak.Scan <= other.Peak.Read {
			if other.IMA.Area < bill.IMA.Area {
				return n
			}
			return 0
		}
	}
	return 0
}
