package main

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// leafLevels is the number of bits below which every value of a sum is counted,
// whether or not it occurs.
const leafLevels = 3

// Where a node that waits keeps the plane above its bits, its first bin and the
// size of its bins, behind its positions; package crossbar makes room for nodes.
const (
	nodePlane = vector
	nodeBin   = vector + 8
	nodeHalf  = vector + 16
	nodeBytes = 2 * vector
)

// tally writes the loop over columns whose sums are counted by value.
func tally(a isa) {
	TEXT("tally"+a.name, NOSPLIT, "func(planes *uint64, rows *uint16, columns *uint32, n int, carries *uint64, sum *uint64, excess *uint64, stride int, used *int32, clips *int64, shift int, minus int, bins *uint64, nodes *uint64)")
	Pragma("noescape")
	Doc("tally"+a.name+" counts n columns, at least 1, as count"+a.name+" does, and adds, for every sum, the number of",
		"positions that have it to the lanes of the sum's bin, of 64 bytes.")
	c := newCounter(a)
	n := pointer("n")
	Label("column")
	c.add()
	clipped := c.top()
	c.storeLow()
	top := GP64()
	MOVWQZX(Mem{Base: c.column, Disp: topField}, top)
	SHLQ(Imm(6), top)
	c.move(clipped, Mem{Base: c.sum, Index: top, Scale: 1})
	c.test(clipped)
	JZ(LabelRef("tally"))
	c.countClips(clipped)
	c.accumulate(clipped)
	Label("tally")
	c.histogram()
	ADDQ(Imm(columnBytes), c.column)
	DECQ(n)
	JNZ(LabelRef("column"))
	VZEROUPPER()
	RET()
}

// histogram counts a column's sums by value: a walk through the tree in which a
// node holds the positions that share the upper bits of their sums.
func (c *counter) histogram() {
	bin, base, from, half, bottom, node := GP64(), pointer("nodes"), GP64(), GP64(), GP64(), GP64()
	h := newLeaf(c.isa, c.sum)
	MOVLQSX(Mem{Base: c.column, Disp: binField}, bin)
	SHLQ(Imm(6), bin)
	ADDQ(pointer("bins"), bin)
	MOVQ(U32(2*vector), half)
	MOVWQZX(Mem{Base: c.column, Disp: topField}, from)
	MOVQ(from, reg.RCX)
	SHLQ(reg.CL, half)
	SHLQ(Imm(6), from)
	LEAQ(Mem{Base: c.sum, Index: from, Scale: 1, Disp: vector}, from)
	LEAQ(Mem{Base: c.sum, Disp: leafLevels * vector}, bottom)
	MOVQ(base, node)
	mask, high, low := c.vec(), c.vec(), c.vec()
	c.ones(mask)
	Label("descend")
	CMPQ(from, bottom)
	JE(LabelRef("leaf"))
	SUBQ(Imm(vector), from)
	SHRQ(Imm(1), half)
	c.move(Mem{Base: from}, low)
	c.and(low, mask, high)
	c.andNot(mask, low, low)
	c.test(high)
	JZ(LabelRef("descend")) // no position has the bit
	c.test(low)
	JZ(LabelRef("allHigh"))
	c.move(high, Mem{Base: node})
	MOVQ(from, Mem{Base: node, Disp: nodePlane})
	ADDQ(half, bin)
	MOVQ(bin, Mem{Base: node, Disp: nodeBin})
	SUBQ(half, bin)
	MOVQ(half, Mem{Base: node, Disp: nodeHalf})
	ADDQ(U32(nodeBytes), node)
	c.move(low, mask)
	JMP(LabelRef("descend"))
	Label("allHigh")
	ADDQ(half, bin)
	JMP(LabelRef("descend"))
	Label("leaf")
	h.count(mask, Mem{Base: bin})
	CMPQ(node, base)
	JE(LabelRef("tallied"))
	SUBQ(U32(nodeBytes), node)
	c.move(Mem{Base: node}, mask)
	MOVQ(Mem{Base: node, Disp: nodePlane}, from)
	MOVQ(Mem{Base: node, Disp: nodeBin}, bin)
	MOVQ(Mem{Base: node, Disp: nodeHalf}, half)
	JMP(LabelRef("descend"))
	Label("tallied")
}

// leaf counts the values of leafLevels bits without a branch.
type leaf struct {
	isa
	low  [4]reg.VecVirtual // the positions where bits 0 and 1 make 0 to 3
	top  reg.VecVirtual
	ones onesCounter
}

func newLeaf(a isa, sums reg.GPVirtual) leaf {
	h := leaf{isa: a, ones: a.newOnesCounter(), top: a.vec()}
	for i := range h.low {
		h.low[i] = a.vec()
	}
	bit0, bit1 := h.low[0], h.low[1]
	a.move(Mem{Base: sums}, bit0)
	a.move(Mem{Base: sums, Disp: vector}, bit1)
	a.move(Mem{Base: sums, Disp: 2 * vector}, h.top)
	a.and(bit0, bit1, h.low[3])
	a.andNot(bit1, bit0, h.low[2])
	a.andNot(bit0, bit1, h.low[1])
	a.or(bit0, h.low[2], h.low[0])
	a.or(h.low[0], h.low[1], h.low[0])
	all := a.vec()
	a.ones(all)
	a.andNot(all, h.low[0], h.low[0])
	return h
}

// count counts the positions in v by their low bits. It destroys v.
func (h *leaf) count(v reg.VecVirtual, bin Mem) {
	high := h.vec()
	h.and(h.top, v, high)
	h.xor(high, v, v)
	for k, of := range []reg.VecVirtual{v, high} {
		for i, low := range h.low {
			part := h.vec()
			h.and(low, of, part)
			h.ones.add(part, bin.Offset((4*k+i)*vector))
		}
	}
}

// onesCounter counts ones lane by lane; AVX2 looks the ones of four bits up.
type onesCounter struct {
	isa
	ones, nibble, zero reg.VecVirtual
}

func (a isa) newOnesCounter() onesCounter {
	c := onesCounter{isa: a}
	if a.wide {
		return c
	}
	c.ones, c.nibble, c.zero = YMM(), YMM(), YMM()
	var ones, nibble [vector]byte
	for i := range vector {
		ones[i] = byte(bits.OnesCount8(uint8(i % 16)))
		nibble[i] = 15
	}
	VMOVDQU(table("onesOfNibble", ones), c.ones)
	VMOVDQU(table("nibble", nibble), c.nibble)
	VPXOR(c.zero, c.zero, c.zero)
	return c
}

// add adds the ones of each lane of v, which it destroys, to a bin's.
func (c *onesCounter) add(v reg.VecVirtual, bin Mem) {
	if c.wide {
		VPOPCNTQ(v, v)
	} else {
		low := YMM()
		VPAND(c.nibble, v, low)
		VPSRLW(Imm(4), v, v)
		VPAND(c.nibble, v, v)
		VPSHUFB(low, c.ones, low)
		VPSHUFB(v, c.ones, v)
		VPADDB(low, v, v)
		VPSADBW(c.zero, v, v)
	}
	VPADDQ(bin, v, v)
	c.move(v, bin)
}
