package main

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Where package crossbar keeps the fields of a riskColumn.
const (
	firstField  = 0
	startField  = 4
	listsField  = 8
	topField    = 16
	shiftField  = 18
	clipsField  = 24
	targetField = 28
	binField    = 32
	columnBytes = 36
)

// counter is what counting a column needs.
type counter struct {
	isa
	planes, rows, column, carries, sum reg.GPVirtual
	low                                [4]reg.VecVirtual
	end                                reg.GPVirtual // behind the last carry
}

func newCounter(a isa) *counter {
	return &counter{
		isa:    a,
		planes: pointer("planes"), rows: pointer("rows"), column: pointer("columns"),
		carries: pointer("carries"), sum: pointer("sum"),
	}
}

// count writes the loop over columns.
func count(a isa) {
	TEXT("count"+a.name, NOSPLIT, "func(planes *uint64, rows *uint16, columns *uint32, n int, carries *uint64, sum *uint64, excess *uint64, stride int, used *int32, clips *int64, shift int, minus int)")
	Pragma("noescape")
	Doc("count"+a.name+" counts n columns, at least 1, and accumulates what they lose; stride is the size of an",
		"accumulator in vectors.")
	c := newCounter(a)
	n := pointer("n")
	Label("column")
	c.add()
	clipped := c.top()
	c.test(clipped)
	JZ(LabelRef("next"))
	c.storeLow()
	c.countClips(clipped)
	c.accumulate(clipped)
	Label("next")
	ADDQ(Imm(columnBytes), c.column)
	DECQ(n)
	JNZ(LabelRef("column"))
	VZEROUPPER()
	RET()
}

// sum writes the count of one column.
func sum(a isa) {
	TEXT("sum"+a.name, NOSPLIT, "func(planes *uint64, rows *uint16, columns *uint32, carries *uint64, sum *uint64)")
	Pragma("noescape")
	Doc("sum" + a.name + " leaves the bits of one column's biased sums below its top in sum.")
	c := newCounter(a)
	c.add()
	c.storeLow()
	VZEROUPPER()
	RET()
}

// add adds a column's rows: it leaves levels 0 to 3 in c.low, the others up to
// the top in c.sum and the carries to the top from c.carries to c.end.
func (c *counter) add() {
	list, start := GP64(), GP64()
	MOVL(Mem{Base: c.column, Disp: firstField}, list.As32())
	LEAQ(Mem{Base: c.rows, Index: list, Scale: 2}, list)
	MOVL(Mem{Base: c.column, Disp: startField}, start.As32())
	c.end = GP64()
	MOVQ(c.carries, c.end)
	for i := range c.low {
		c.low[i] = c.vec()
		c.zero(c.low[i])
	}
	TESTQ(U32(15), start)
	JZ(LabelRef("unbiased"))
	for i := range c.low {
		c.startBit(start, c.low[i])
		SHRQ(Imm(1), start)
	}
	JMP(LabelRef("biased"))
	Label("unbiased")
	SHRQ(Imm(4), start)
	Label("biased")
	for level := range c.low {
		c.addList(level, list)
	}
	c.addCarries(start)
}

// addList adds the rows that enter at a level, in groups that carry once to level
// 4, then half a group and a quarter of one, whose carries ripple there.
func (c *counter) addList(level int, list reg.GPVirtual) {
	name := []string{"ones", "twos", "fours", "eights"}[level]
	n, rest := GP64(), GP64()
	MOVWQZX(Mem{Base: c.column, Disp: listsField + 2*level}, n)
	MOVQ(n, rest)
	SHRQ(Imm(2), n)
	JZ(LabelRef(name + "Half"))
	Label(name)
	c.push(c.tree(level, 16>>level, list))
	ADDQ(Imm(uint64(2*16>>level)), list)
	DECQ(n)
	JNZ(LabelRef(name))
	Label(name + "Half")
	TESTQ(U32(2), rest)
	JZ(LabelRef(name + "Quarter"))
	c.push(c.halfAdd(c.low[3], c.tree(level, 8>>level, list)))
	ADDQ(Imm(uint64(2*8>>level)), list)
	Label(name + "Quarter")
	if level == 3 {
		return
	}
	TESTQ(U32(1), rest)
	JZ(LabelRef(name + "Done"))
	c.push(c.halfAdd(c.low[3], c.halfAdd(c.low[2], c.tree(level, 4>>level, list))))
	ADDQ(Imm(uint64(2*4>>level)), list)
	Label(name + "Done")
}

// tree adds rows of a list at a level and returns their one carry.
func (c *counter) tree(level, rows int, list reg.GPVirtual) reg.VecVirtual {
	var add func(first, rows, level int) reg.VecVirtual
	add = func(first, rows, to int) reg.VecVirtual {
		if rows == 1 {
			row, v := GP64(), c.vec()
			MOVWQZX(Mem{Base: list, Disp: 2 * first}, row)
			c.move(Mem{Base: c.planes, Index: row, Scale: 8}, v)
			return v
		}
		x := add(first, rows/2, to-1)
		y := add(first+rows/2, rows/2, to-1)
		c.fullAdd(c.low[to], x, y)
		return x
	}
	return add(0, rows, level+bits.Len(uint(rows))-2)
}

func (c *counter) push(carry reg.VecVirtual) {
	c.move(carry, Mem{Base: c.end})
	ADDQ(Imm(vector), c.end)
}

// startBit sets v to all ones where bit 0 of start is set, else to zero.
func (c *counter) startBit(start reg.GPVirtual, v reg.VecVirtual) {
	bit := GP64()
	MOVQ(start, bit)
	ANDQ(Imm(1), bit)
	NEGQ(bit)
	c.fill(bit, v)
}

// addCarries adds the carries level by level; those of a level overwrite their
// addends.
func (c *counter) addCarries(start reg.GPVirtual) {
	levels, out, from, to, last := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVWQZX(Mem{Base: c.column, Disp: topField}, levels)
	LEAQ(Mem{Base: c.sum, Disp: len(c.low) * vector}, out)
	SUBQ(Imm(uint64(len(c.low))), levels)
	JLE(LabelRef("levelsDone"))
	Label("level")
	sum, x, y := c.vec(), c.vec(), c.vec()
	c.startBit(start, sum)
	SHRQ(Imm(1), start)
	MOVQ(c.carries, from)
	MOVQ(c.carries, to)
	LEAQ(Mem{Base: c.end, Disp: -vector}, last)
	CMPQ(from, last)
	JAE(LabelRef("pairsDone"))
	Label("pair")
	c.move(Mem{Base: from}, x)
	c.move(Mem{Base: from, Disp: vector}, y)
	c.fullAdd(sum, x, y)
	c.move(x, Mem{Base: to})
	ADDQ(U32(2*vector), from)
	ADDQ(Imm(vector), to)
	CMPQ(from, last)
	JB(LabelRef("pair"))
	Label("pairsDone")
	CMPQ(from, c.end)
	JAE(LabelRef("single"))
	c.move(Mem{Base: from}, x)
	c.move(c.halfAdd(sum, x), Mem{Base: to})
	ADDQ(Imm(vector), to)
	Label("single")
	MOVQ(to, c.end)
	c.move(sum, Mem{Base: out})
	ADDQ(Imm(vector), out)
	DECQ(levels)
	JNZ(LabelRef("level"))
	Label("levelsDone")
}

// top is bit top of a column's sums: level 3, or the or of the carries to a higher
// one, into which a sum carries once.
func (c *counter) top() reg.VecVirtual {
	clipped, from := c.vec(), GP64()
	c.move(c.low[3], clipped)
	CMPW(Mem{Base: c.column, Disp: topField}, Imm(3))
	JE(LabelRef("topDone"))
	c.zero(clipped)
	MOVQ(c.carries, from)
	JMP(LabelRef("topTest"))
	Label("topCarry")
	c.or(Mem{Base: from}, clipped, clipped)
	ADDQ(Imm(vector), from)
	Label("topTest")
	CMPQ(from, c.end)
	JB(LabelRef("topCarry"))
	Label("topDone")
	return clipped
}

func (c *counter) storeLow() {
	for i, v := range c.low {
		c.move(v, Mem{Base: c.sum, Disp: i * vector})
	}
}

// countClips adds the number of clipped positions to the column's.
func (c *counter) countClips(clipped reg.VecVirtual) {
	column, clips := GP64(), pointer("clips")
	MOVL(Mem{Base: c.column, Disp: clipsField}, column.As32())
	c.isa.count(clipped, Mem{Base: c.carries}, Mem{Base: clips, Index: column, Scale: 8})
}

// accumulate adds the column's excess to its accumulator: 1 + the sum's bits
// below the top where it clipped.
func (c *counter) accumulate(clipped reg.VecVirtual) {
	target, stride, to := GP64(), pointer("stride"), pointer("shift")
	MOVL(Mem{Base: c.column, Disp: targetField}, target.As32())
	XORQ(pointer("minus"), target)
	IMULQ(target, stride)
	begin := pointer("excess")
	SHLQ(Imm(6), stride)
	ADDQ(stride, begin)
	n, from := GP64(), GP64()
	MOVWQZX(Mem{Base: c.column, Disp: shiftField}, n)
	ADDQ(n, to)
	SHLQ(Imm(6), to)
	ADDQ(begin, to)
	MOVWQZX(Mem{Base: c.column, Disp: topField}, n)
	MOVQ(c.sum, from)
	carry, v, bit := c.vec(), c.vec(), c.vec()
	c.move(clipped, carry)
	Label("excessLevel")
	c.and(Mem{Base: from}, clipped, bit)
	c.move(Mem{Base: to}, v)
	c.fullAdd(v, carry, bit)
	c.move(v, Mem{Base: to})
	ADDQ(Imm(vector), from)
	ADDQ(Imm(vector), to)
	DECQ(n)
	JNZ(LabelRef("excessLevel"))
	JMP(LabelRef("rippleTest"))
	Label("ripple")
	c.move(Mem{Base: to}, v)
	bit = c.halfAdd(v, carry)
	c.move(v, Mem{Base: to})
	c.move(bit, carry)
	ADDQ(Imm(vector), to)
	Label("rippleTest")
	c.test(carry)
	JNZ(LabelRef("ripple"))
	SUBQ(begin, to)
	SHRQ(Imm(6), to)
	used := pointer("used")
	old := GP64()
	MOVLQSX(Mem{Base: used, Index: target, Scale: 4}, old)
	CMPQ(to, old)
	CMOVQLT(old, to)
	MOVL(to.As32(), Mem{Base: used, Index: target, Scale: 4})
}
