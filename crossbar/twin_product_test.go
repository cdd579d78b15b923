package crossbar_test

import (
	"math/big"

	"bitline/adc"
	"bitline/crossbar"
)

// pulses lists how an input is driven.
func (t *twin) pulses(x []int32) []pulse {
	v := make([]int64, len(x))
	for k := range x {
		v[k] = int64(x[k])
		if t.design.Encoding.InputSign != crossbar.Unsigned {
			v[k] -= t.zero(k)
		}
	}
	switch t.design.Encoding.InputSign {
	case crossbar.SignSplit:
		positive, negative := make([]int64, len(v)), make([]int64, len(v))
		for k := range v {
			if v[k] > 0 {
				positive[k] = v[k]
			} else {
				negative[k] = -v[k]
			}
		}
		if t.weights.Rectified {
			return t.digits(positive, 1)
		}
		return append(t.digits(positive, 1), t.digits(negative, -1)...)
	case crossbar.TwosComplement:
		// v = low − 2^bits·sign with 0 ≤ low < 2^bits.
		low, sign := make([]int64, len(v)), make([]int64, len(v))
		for k := range v {
			low[k] = v[k]
			if v[k] < 0 {
				low[k], sign[k] = v[k]+power(2, t.inputBits()), 1
			}
		}
		return append(t.digits(low, 1), pulse{digits: sign, weight: -power(2, t.inputBits())})
	}
	return t.digits(v, 1)
}

// digits cuts numbers of inputBits bits, which it uses up, into the driver's digits.
func (t *twin) digits(v []int64, weight int64) []pulse {
	var pulses []pulse
	base := power(2, t.design.DACBits)
	for left := t.inputBits(); left > 0; left -= t.design.DACBits {
		p := pulse{weight: weight}
		for k := range v {
			p.digits = append(p.digits, v[k]%base)
			v[k] /= base
		}
		pulses = append(pulses, p)
		weight *= base
	}
	return pulses
}

func (t *twin) zero(k int) int64 {
	if t.weights.Zero == nil {
		return 0
	}
	return int64(t.weights.Zero[k])
}

// one is the value of one count of a product: 2^16 unless codes are counts.
func (t *twin) one() int64 {
	if t.spec.Range == adc.Unit {
		return 1
	}
	return 1 << 16
}

// convert is the converter of a slice for a block of so many rows.
func (t *twin) convert(slice, rows int, sum int64) twinCode {
	key := twinSum{slice, rows, sum}
	if code, ok := t.memo[key]; ok {
		return code
	}
	top, bottom := power(2, t.bits[slice])-1, int64(0)
	if t.analog() {
		top = power(2, t.bits[slice]-1) - 1
		bottom = -top
	}
	var c twinCode
	s := new(big.Rat).SetInt64(sum)
	switch t.spec.Range {
	case adc.Unit:
		c.value = max(bottom, min(top, sum))
		c.clipped = c.value != sum
	case adc.Full:
		largest := int64(rows) * (power(2, t.design.CellBits) - 1) * (power(2, t.design.DACBits) - 1)
		step := big.NewRat(largest, top)
		a := roundHalfEven(new(big.Rat).Mul(step, big.NewRat(1<<16, 1)))
		c.value = roundHalfEven(new(big.Rat).Quo(s, step)) * a
	case adc.Calibrated:
		low, high := new(big.Rat).SetFloat64(t.spec.Low), new(big.Rat).SetFloat64(t.spec.High)
		if s.Cmp(low) < 0 {
			s, c.clipped = low, true
		}
		if s.Cmp(high) > 0 {
			s, c.clipped = high, true
		}
		step := new(big.Rat).Sub(high, low)
		step.Quo(step, new(big.Rat).SetInt64(top-bottom))
		code := new(big.Rat).Sub(s, low)
		code.Quo(code, step)
		a := roundHalfEven(new(big.Rat).Mul(step, big.NewRat(1<<16, 1)))
		c.value = roundHalfEven(code)*a + roundHalfEven(new(big.Rat).Mul(low, big.NewRat(1<<16, 1)))
	}
	t.memo[key] = c
	return c
}

// mvm is the product as the crossbars compute it.
func (t *twin) mvm(x []int32) []int64 {
	t.seen.mvms++
	y := make([]int64, t.weights.Columns)
	for c := range y {
		for k := range x {
			if t.design.Encoding.InputSign == crossbar.Unsigned {
				y[c] -= t.zero(k) * int64(t.weights.Codes[k*len(y)+c]) * t.one()
			}
			if t.design.Encoding.Signed == crossbar.Offset {
				v := int64(x[k])
				if t.design.Encoding.InputSign != crossbar.Unsigned {
					v -= t.zero(k)
				}
				y[c] -= v * power(2, t.design.Encoding.WeightBits-1) * t.one()
			}
		}
	}
	for _, p := range t.pulses(x) {
		for i := range t.blocks {
			t.read(y, i, p)
		}
	}
	return y
}

// read adds what one block makes of one pulse.
func (t *twin) read(y []int64, block int, p pulse) {
	b := &t.blocks[block]
	digits := p.digits[b.first : b.first+b.rows]
	ones := int64(0)
	for _, d := range digits {
		ones += d
	}
	t.seen.reads += int64(t.slices() * t.signs())
	if ones == 0 {
		t.seen.empty += int64(t.slices() * t.signs())
	}
	unit := int64(0)
	if t.unitColumn() {
		unit = t.readUnit(b.rows, ones)
		perInput := power(2, t.design.Encoding.WeightBits-1) / int64(t.design.Encoding.UnitLevel)
		for c := range y {
			y[c] -= p.weight * perInput * unit
		}
	}
	for slice := range t.slices() {
		place := p.weight * power(2, slice*t.design.CellBits)
		for c := range y {
			sums := make([]int64, 2)
			for sign := range t.signs() {
				for r, d := range digits {
					sums[sign] += d * b.level[slice][sign][r][c]
				}
			}
			if t.analog() {
				y[c] += place * t.count([4]int{block, slice, 0, c}, sums[0]-sums[1])
				continue
			}
			for sign := range t.signs() {
				value := t.count([4]int{block, slice, sign, c}, sums[sign])
				if b.flipped[slice][c] {
					value = t.topLevel(slice)*unit - value
				}
				if sign == 1 {
					value = -value
				}
				y[c] += place * value
			}
		}
	}
}

// readUnit is the converted sum of the unit column.
func (t *twin) readUnit(rows int, ones int64) int64 {
	t.seen.unit++
	sum := ones * int64(t.design.Encoding.UnitLevel)
	if t.design.Encoding.UnitADC == crossbar.Own {
		return sum * t.one()
	}
	code := t.convert(t.slices()-1, rows, sum)
	if code.clipped {
		t.seen.unitClipped++
	}
	return code.value
}

// count converts the sum of a column [block, slice, converter, column].
func (t *twin) count(column [4]int, sum int64) int64 {
	code := t.convert(column[1], t.blocks[column[0]].rows, sum)
	t.seen.histogram[column[1]][sum]++
	if code.clipped {
		t.seen.clipped[column[1]]++
		t.seen.columnClips[column]++
	}
	return code.value
}

// roundHalfEven rounds to the nearest integer: ⌊r + 1/2⌋, less 1 where r lay
// half-way and that is odd.
func roundHalfEven(r *big.Rat) int64 {
	half := new(big.Rat).Add(r, big.NewRat(1, 2))
	floor := new(big.Int).Div(half.Num(), half.Denom())
	if half.IsInt() && floor.Bit(0) == 1 {
		floor.Sub(floor, big.NewInt(1))
	}
	return floor.Int64()
}
