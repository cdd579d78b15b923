package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	wideRows  = 12
	wideBytes = 64 // one 512-bit vector
)

// pairAddress gives the operands of up to twelve rows: two runs of six.
type pairAddress struct{ low, high rowAddress }

func newPairAddress(base, stride reg.GPVirtual, rows int) pairAddress {
	p := pairAddress{low: newRowAddress(base, stride, min(rows, maxRows))}
	if rows > maxRows {
		next := GP64()
		// Six strides on: twice three.
		LEAQ(Mem{Base: base, Index: p.low.three, Scale: 2}, next)
		p.high = p.low
		p.high.base = next
	}
	return p
}

func (p pairAddress) row(i int) Mem {
	if i < maxRows {
		return p.low.row(i)
	}
	return p.high.row(i - maxRows)
}

// wide writes the kernel for a tile of the given rows and 32 columns, as tile
// does in narrower vectors.
func wide(rows int) {
	name := fmt.Sprintf("wide%d", rows)
	TEXT(name, NOSPLIT, "func(a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow, depth int, load bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds depth steps to the chains of a %d × 32 tile of c, which start from c where load is set, else from 0.", name, rows),
		"Strides count elements; depth is at least 1.")
	var sum [wideRows][2]reg.VecVirtual
	for i := range rows {
		sum[i] = [2]reg.VecVirtual{ZMM(), ZMM()}
	}
	load := Load(Param("load"), GP8()).(reg.GPVirtual)
	TESTB(load, load)
	JZ(LabelRef("zero"))
	cs := newPairAddress(pointer("c"), stride("cRow"), rows)
	for i := range rows {
		VMOVUPS(cs.row(i), sum[i][0])
		VMOVUPS(cs.row(i).Offset(wideBytes), sum[i][1])
	}
	JMP(LabelRef("steps"))
	Label("zero")
	for i := range rows {
		VPXORD(sum[i][0], sum[i][0], sum[i][0])
		VPXORD(sum[i][1], sum[i][1], sum[i][1])
	}

	Label("steps")
	a, b := pointer("a"), pointer("b")
	as := newPairAddress(a, stride("aRow"), rows)
	aCol, bRow := stride("aCol"), stride("bRow")
	depth := Load(Param("depth"), GP64()).(reg.GPVirtual)
	step := func() {
		left, right := ZMM(), ZMM()
		VMOVUPS(Mem{Base: b}, left)
		VMOVUPS(Mem{Base: b}.Offset(wideBytes), right)
		for i := range rows {
			x := ZMM()
			VBROADCASTSS(as.row(i), x)
			VFMADD231PS(left, x, sum[i][0])
			VFMADD231PS(right, x, sum[i][1])
		}
		ADDQ(aCol, a)
		if rows > maxRows {
			ADDQ(aCol, as.high.base)
		}
		ADDQ(bRow, b)
	}
	SUBQ(Imm(2), depth)
	JLT(LabelRef("rest"))
	Label("two")
	step()
	step()
	SUBQ(Imm(2), depth)
	JGE(LabelRef("two"))
	Label("rest")
	ADDQ(Imm(2), depth)
	JZ(LabelRef("store"))
	step()

	Label("store")
	cs = newPairAddress(pointer("c"), stride("cRow"), rows)
	for i := range rows {
		VMOVUPS(sum[i][0], cs.row(i))
		VMOVUPS(sum[i][1], cs.row(i).Offset(wideBytes))
	}
	VZEROUPPER()
	RET()
}
