package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of this file take one vector of channels down the rows of a tensor,
// stride elements apart. They never fuse a product with a sum.

// channels writes all of them for one width of vectors.
func channels(v vectors) {
	w := v.bytes * 8
	moments(fmt.Sprintf("moments%d", w), v)
	for _, add := range []bool{false, true} {
		for _, round := range []bool{false, true} {
			line(fmt.Sprintf("%s%d", lineName(add, round), w), v, add, round)
		}
	}
	for _, gated := range []bool{false, true} {
		for _, product := range []bool{false, true} {
			gate(fmt.Sprintf("%s%d", gateName(gated, product), w), v, gated, product)
		}
	}
	blend(fmt.Sprintf("blend%d", w), v)
	flat(fmt.Sprintf("add%d", w), v, "adds src to dst", func(dst, src reg.GPVirtual) {
		x := v.next()
		VMOVUPS(Mem{Base: dst}, x)
		VADDPS(Mem{Base: src}, x, x)
		VMOVUPS(x, Mem{Base: dst})
	})
	flat(fmt.Sprintf("top%d", w), v, "sets dst to the larger of dst and src", func(dst, src reg.GPVirtual) {
		x := v.next()
		VMOVUPS(Mem{Base: dst}, x)
		VMAXPS(Mem{Base: src}, x, x)
		VMOVUPS(x, Mem{Base: dst})
	})
	route(fmt.Sprintf("route%d", w), v)
}

func lineName(add, round bool) string {
	name := "line"
	if add {
		name += "Add"
	}
	if round {
		name += "Round"
	}
	return name
}

func gateName(gated, product bool) string {
	name := "sum"
	if gated {
		name = "gate"
	}
	if product {
		name += "Product"
	}
	return name
}

// at is the operand at a pointer.
func at(p reg.GPVirtual) Mem { return Mem{Base: p} }

// down runs the body for each row.
func down(pointers []reg.GPVirtual, body func()) {
	rows := Load(Param("rows"), GP64()).(reg.GPVirtual)
	step := stride("stride")
	Label("row")
	body()
	for _, p := range pointers {
		ADDQ(step, p)
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
}

func (v vectors) load(m Mem) reg.VecVirtual {
	x := v.next()
	VMOVUPS(m, x)
	return x
}

func (v vectors) broadcast(m Mem) reg.VecVirtual {
	x := v.next()
	VBROADCASTSS(m, x)
	return x
}

func end() {
	VZEROUPPER()
	RET()
}

func moments(name string, v vectors) {
	TEXT(name, NOSPLIT, "func(sum, square, pivot, x *float32, rows, stride int)")
	Pragma("noescape")
	Doc(name + " adds x - pivot and its square to the sums of one vector of channels.")
	sums, squares, pivot, x := pointer("sum"), pointer("square"), v.load(at(pointer("pivot"))), pointer("x")
	sum, square := v.load(at(sums)), v.load(at(squares))
	down([]reg.GPVirtual{x}, func() {
		d, e := v.next(), v.next()
		VMOVUPS(at(x), d)
		VSUBPS(pivot, d, d)
		VADDPS(d, sum, sum)
		VMULPS(d, d, e)
		VADDPS(e, square, square)
	})
	VMOVUPS(sum, at(sums))
	VMOVUPS(square, at(squares))
	end()
}

// line writes the output stage. The five constants are the lower bound of the
// value, the scale, the largest code, the rounding constant and the step.
func line(name string, v vectors, add, round bool) {
	TEXT(name, NOSPLIT, "func(dst, x, add *float32, rows, stride int, slope, offset *float32, c *[5]float32, top *[16]uint32)")
	Pragma("noescape")
	Doc(name+" writes the output stage of one vector of channels and takes the magnitudes into top, lane by lane.",
		"c is the lower bound of a value, the scale, the largest code, the rounding constant and the step.")
	dst, x, c := pointer("dst"), pointer("x"), pointer("c")
	slope, offset := v.load(at(pointer("slope"))), v.load(at(pointer("offset")))
	tops := pointer("top")
	low, top, sign := v.broadcast(at(c)), v.load(at(tops)), v.next()
	v.ones(sign)
	VPSRLD(Imm(1), sign, sign)
	pointers := []reg.GPVirtual{dst, x}
	var more reg.GPVirtual
	if add {
		more = pointer("add")
		pointers = append(pointers, more)
	}
	var scale, high, negative, magic, step reg.VecVirtual
	if round {
		scale, high, magic, step = v.broadcast(at(c).Offset(4)), v.broadcast(at(c).Offset(8)), v.broadcast(at(c).Offset(12)), v.broadcast(at(c).Offset(16))
		negative = v.next()
		v.zero(negative)
		VSUBPS(high, negative, negative)
	}
	down(pointers, func() {
		y, m := v.next(), v.next()
		VMULPS(at(x), slope, y)
		VADDPS(offset, y, y)
		if add {
			VADDPS(at(more), y, y)
		}
		VMAXPS(y, low, y) // y where it is not a number
		v.and(sign, y, m)
		VPMAXUD(m, top, top)
		if round {
			VMULPS(scale, y, y)
			VMINPS(high, y, y)
			VMAXPS(negative, y, y)
			VADDPS(magic, y, y)
			VSUBPS(magic, y, y)
			VMULPS(step, y, y)
		}
		VMOVUPS(y, at(dst))
	})
	VMOVUPS(top, at(tops))
	end()
}

func gate(name string, v vectors, gated, product bool) {
	TEXT(name, NOSPLIT, "func(grad, y, x, pivot, sum, product *float32, rows, stride int)")
	Pragma("noescape")
	Doc(name + " adds up the gradients of one vector of channels, cleared where y is 0 if it gates, and what they are times x - pivot if it makes the product.")
	g, sums := pointer("grad"), pointer("sum")
	sum, zero := v.load(at(sums)), v.next()
	v.zero(zero)
	pointers := []reg.GPVirtual{g}
	var y, x, products reg.GPVirtual
	var pivot, total reg.VecVirtual
	if gated {
		y = pointer("y")
		pointers = append(pointers, y)
	}
	if product {
		x, products = pointer("x"), pointer("product")
		pivot, total = v.load(at(pointer("pivot"))), v.load(at(products))
		pointers = append(pointers, x)
	}
	down(pointers, func() {
		d := v.load(at(g))
		if gated {
			v.keepNonZero(at(y), zero, d)
			VMOVUPS(d, at(g))
		}
		VADDPS(d, sum, sum)
		if product {
			e := v.load(at(x))
			VSUBPS(pivot, e, e)
			VMULPS(d, e, e)
			VADDPS(e, total, total)
		}
	})
	VMOVUPS(sum, at(sums))
	if product {
		VMOVUPS(total, at(products))
	}
	end()
}

func blend(name string, v vectors) {
	TEXT(name, NOSPLIT, "func(dst, grad, x *float32, rows, stride int, a, b, c *float32)")
	Pragma("noescape")
	Doc(name + " writes g*a + (x*b + c) for one vector of channels.")
	dst, g, x := pointer("dst"), pointer("grad"), pointer("x")
	a, b, c := v.load(at(pointer("a"))), v.load(at(pointer("b"))), v.load(at(pointer("c")))
	down([]reg.GPVirtual{dst, g, x}, func() {
		p, q := v.next(), v.next()
		VMULPS(at(g), a, p)
		VMULPS(at(x), b, q)
		VADDPS(c, q, q)
		VADDPS(q, p, p)
		VMOVUPS(p, at(dst))
	})
	end()
}

// flat writes a pass over whole vectors of two operands.
func flat(name string, v vectors, does string, body func(dst, src reg.GPVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, src *float32, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s %s, blocks vectors of them, at least 1.", name, does))
	dst, src := pointer("dst"), pointer("src")
	blocks := Load(Param("blocks"), GP64()).(reg.GPVirtual)
	Label("block")
	body(dst, src)
	ADDQ(Imm(uint64(v.bytes)), dst)
	ADDQ(Imm(uint64(v.bytes)), src)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	end()
}

func route(name string, v vectors) {
	TEXT(name, NOSPLIT, "func(dst, left, y, x *float32, blocks int)")
	Pragma("noescape")
	Doc(name + " moves left to dst where x is y, blocks vectors of them, at least 1.")
	dst, left, y, x := pointer("dst"), pointer("left"), pointer("y"), pointer("x")
	blocks := Load(Param("blocks"), GP64()).(reg.GPVirtual)
	Label("block")
	g, mine, to := v.load(at(left)), v.load(at(left)), v.load(at(dst))
	v.keepEqual(at(x), v.load(at(y)), mine)
	VADDPS(mine, to, to)
	VSUBPS(mine, g, g)
	VMOVUPS(to, at(dst))
	VMOVUPS(g, at(left))
	for _, p := range []reg.GPVirtual{dst, left, y, x} {
		ADDQ(Imm(uint64(v.bytes)), p)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	end()
}

func (v vectors) wide() bool { return v.bytes == wideBytes }

func (v vectors) zero(x reg.VecVirtual) {
	if v.wide() {
		VPXORD(x, x, x)
	} else {
		VXORPS(x, x, x)
	}
}

func (v vectors) ones(x reg.VecVirtual) {
	if v.wide() {
		VPTERNLOGD(Imm(0xff), x, x, x)
	} else {
		VPCMPEQD(x, x, x)
	}
}

func (v vectors) and(a, b, to reg.VecVirtual) {
	if v.wide() {
		VPANDD(a, b, to)
	} else {
		VPAND(a, b, to)
	}
}

// keepNonZero clears d where what lies at m is 0.
func (v vectors) keepNonZero(m Mem, zero, d reg.VecVirtual) { v.keep(4, m, zero, d) }

// keepEqual clears d where what lies at m is not y.
func (v vectors) keepEqual(m Mem, y, d reg.VecVirtual) { v.keep(0, m, y, d) }

// keep clears d where a comparison with what lies at m fails.
func (v vectors) keep(predicate uint64, m Mem, y, d reg.VecVirtual) {
	if v.wide() {
		k := K()
		VCMPPS(Imm(predicate), m, y, k)
		VMOVAPS_Z(d, k, d)
		return
	}
	mask := YMM()
	VCMPPS(Imm(predicate), m, y, mask)
	VANDPS(mask, d, d)
}
