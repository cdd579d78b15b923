package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	reduceRows512 = 8
	reduceRows256 = 6
)

// vectors is a family of vector registers of so many bytes.
type vectors struct {
	bytes int
	next  func() reg.VecVirtual
}

func narrowVectors() vectors { return vectors{vecBytes, YMM} }

func wideVectors() vectors { return vectors{wideBytes, ZMM} }

// reduce writes the kernel that adds several products to one tile of the given
// rows and two columns of vectors: for every run it steps through depth of a and b
// from that run's offsets, and the tile stays in registers.
func reduce(name string, rows int, v vectors) {
	const cols = 2
	TEXT(name, NOSPLIT, "func(c *float32, cRow int, a *float32, aRow, aCol int, b *float32, bRow int, runs *[2]int, count, depth int, load bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds the products of count runs of depth steps to the chains of a %d × %d tile of c, which start from c where load is set, else from 0.", name, rows, cols*v.bytes/floatBytes),
		"Strides and offsets count elements; count and depth are at least 1.")
	sum := make([][]reg.VecVirtual, rows)
	for i := range sum {
		for range cols {
			sum[i] = append(sum[i], v.next())
		}
	}
	load := Load(Param("load"), GP8()).(reg.GPVirtual)
	TESTB(load, load)
	JZ(LabelRef("zero"))
	cs := newReduceAddress(pointer("c"), stride("cRow"), rows)
	for i := range rows {
		for j := range cols {
			VMOVUPS(cs.row(i).Offset(j*v.bytes), sum[i][j])
		}
	}
	JMP(LabelRef("ready"))
	Label("zero")
	for i := range rows {
		for j := range cols {
			if v.bytes == wideBytes {
				VPXORD(sum[i][j], sum[i][j], sum[i][j])
			} else {
				VXORPS(sum[i][j], sum[i][j], sum[i][j])
			}
		}
	}

	Label("ready")
	aRow, aCol, bRow := stride("aRow"), stride("aCol"), stride("bRow")
	runs := pointer("runs")
	count := Load(Param("count"), GP64()).(reg.GPVirtual)
	a, b := GP64(), GP64()
	as := newReduceAddress(a, aRow, rows)

	Label("run")
	base := pointer("a")
	at := GP64()
	MOVQ(Mem{Base: runs}, at)
	LEAQ(Mem{Base: base, Index: at, Scale: 4}, a)
	as.follow()
	base = pointer("b")
	MOVQ(Mem{Base: runs}.Offset(8), at)
	LEAQ(Mem{Base: base, Index: at, Scale: 4}, b)
	depth := Load(Param("depth"), GP64()).(reg.GPVirtual)
	step := func() {
		line := make([]reg.VecVirtual, cols)
		for j := range line {
			line[j] = v.next()
			VMOVUPS(Mem{Base: b}.Offset(j*v.bytes), line[j])
		}
		for i := range rows {
			x := v.next()
			VBROADCASTSS(as.row(i), x)
			for j := range line {
				VFMADD231PS(line[j], x, sum[i][j])
			}
		}
		as.advance(aCol)
		ADDQ(bRow, b)
	}
	SUBQ(Imm(4), depth)
	JLT(LabelRef("rest"))
	Label("four")
	for range 4 {
		step()
	}
	SUBQ(Imm(4), depth)
	JGE(LabelRef("four"))
	Label("rest")
	ADDQ(Imm(4), depth)
	JZ(LabelRef("next"))
	Label("one")
	step()
	DECQ(depth)
	JNZ(LabelRef("one"))
	Label("next")
	ADDQ(Imm(16), runs)
	DECQ(count)
	JNZ(LabelRef("run"))

	cs = newReduceAddress(pointer("c"), stride("cRow"), rows)
	for i := range rows {
		for j := range cols {
			VMOVUPS(sum[i][j], cs.row(i).Offset(j*v.bytes))
		}
	}
	VZEROUPPER()
	RET()
}

// reduceAddress gives the operands of up to eight rows: two runs of four.
type reduceAddress struct {
	low, high, one, three reg.GPVirtual
	rows                  int
}

func newReduceAddress(base, stride reg.GPVirtual, rows int) reduceAddress {
	r := reduceAddress{low: base, one: stride, rows: rows}
	if rows > 3 {
		r.three = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, r.three)
	}
	if rows > 4 {
		r.high = GP64()
		r.follow()
	}
	return r
}

// follow moves the second run after the first.
func (r reduceAddress) follow() {
	if r.rows > 4 {
		LEAQ(Mem{Base: r.low, Index: r.one, Scale: 4}, r.high)
	}
}

func (r reduceAddress) advance(by reg.GPVirtual) {
	ADDQ(by, r.low)
	if r.rows > 4 {
		ADDQ(by, r.high)
	}
}

func (r reduceAddress) row(i int) Mem {
	base := r.low
	if i >= 4 {
		base = r.high
		i -= 4
	}
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: r.three, Scale: 1}
	default: // 1 and 2 are scales
		return Mem{Base: base, Index: r.one, Scale: uint8(i)}
	}
}
