// Command gen writes the assembly kernels of package gemm, one group a run.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	group := flag.String("group", "", "kernels to write: float, wide, integer, requantize, reduce or channel")
	flag.Parse()
	ConstraintExpr("amd64")
	switch *group {
	case "float":
		for rows := 1; rows <= maxRows; rows++ {
			tile(rows)
		}
		transpose()
	case "wide":
		for rows := 1; rows <= wideRows; rows++ {
			wide(rows)
		}
	case "integer":
		orders := interleaveOrders()
		interleave512(orders)
		for cols := 1; cols <= intCols512; cols++ {
			product512(cols)
			first512(cols, orders)
		}
		interleave256()
		for cols := 1; cols <= intCols256; cols++ {
			product256(cols)
		}
	case "requantize":
		requantize()
	case "reduce":
		for rows := 1; rows <= reduceRows256; rows++ {
			reduce(fmt.Sprintf("reduce256x%d", rows), rows, narrowVectors())
		}
		for rows := 1; rows <= reduceRows512; rows++ {
			reduce(fmt.Sprintf("reduce512x%d", rows), rows, wideVectors())
		}
	case "channel":
		channels(narrowVectors())
		channels(wideVectors())
	default:
		fmt.Fprintf(os.Stderr, "gen: group is %q, want float, wide, integer, requantize, reduce or channel\n", *group)
		os.Exit(2)
	}
	Generate()
}

// rowAddress gives the operands of the six rows from one pointer: multiples of
// the stride that x86 can scale, and 3 and 5 strides in registers.
type rowAddress struct {
	base, one, three, five reg.GPVirtual
}

func newRowAddress(base, stride reg.GPVirtual, rows int) rowAddress {
	r := rowAddress{base: base, one: stride}
	if rows > 3 {
		r.three = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, r.three)
	}
	if rows > 5 {
		r.five = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 4}, r.five)
	}
	return r
}

func (r rowAddress) row(i int) Mem {
	switch i {
	case 0:
		return Mem{Base: r.base}
	case 3:
		return Mem{Base: r.base, Index: r.three, Scale: 1}
	case 5:
		return Mem{Base: r.base, Index: r.five, Scale: 1}
	default: // 1, 2 and 4 are scales
		return Mem{Base: r.base, Index: r.one, Scale: uint8(i)}
	}
}

// stride loads a stride in elements and turns it into bytes.
func stride(name string) reg.GPVirtual {
	s := Load(Param(name), GP64()).(reg.GPVirtual)
	SHLQ(Imm(2), s)
	return s
}

func pointer(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }
