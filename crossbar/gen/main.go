// Command gen writes the AVX2 and AVX-512 kernels of package crossbar.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	vector    = 64 // bytes of 512 bits
	positions = 512
	groups    = positions * 2 / vector // vectors of 16-bit codes of a row
)

func main() {
	ConstraintExpr("amd64")
	planes()
	planesNarrow()
	flush()
	flushNarrow()
	for _, a := range []isa{avx512, avx2} {
		or(a)
		count(a)
		sum(a)
		tally(a)
	}
	Generate()
}

func pointer(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// or writes the or of rows of codes, some vectors of all rows at a time.
func or(a isa) {
	const vectors = 8
	TEXT("or"+a.name, NOSPLIT, "func(or *int16, x *int16, rows int)")
	Pragma("noescape")
	Doc("or" + a.name + " sets the bits of 512 codes that are set in some of the rows of 512 codes at x; rows is at least 1.")
	size := vector
	if !a.wide {
		size = vector / 2
	}
	to, x, rows := pointer("or"), pointer("x"), pointer("rows")
	from, n, chunks := GP64(), GP64(), GP64()
	MOVQ(U32(positions*2/(vectors*size)), chunks)
	var v [vectors]reg.VecVirtual
	Label("chunk")
	for i := range v {
		v[i] = a.vec()
		a.move(Mem{Base: to, Disp: i * size}, v[i])
	}
	MOVQ(x, from)
	MOVQ(rows, n)
	Label("row")
	for i := range v {
		a.or(Mem{Base: from, Disp: i * size}, v[i], v[i])
	}
	ADDQ(U32(positions*2), from)
	DECQ(n)
	JNZ(LabelRef("row"))
	for i := range v {
		a.move(v[i], Mem{Base: to, Disp: i * size})
	}
	ADDQ(U32(vectors*size), to)
	ADDQ(U32(vectors*size), x)
	DECQ(chunks)
	JNZ(LabelRef("chunk"))
	VZEROUPPER()
	RET()
}
