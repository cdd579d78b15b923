package crossbar

// TilePositions is the number of positions of a tile: a 512-bit vector holds one
// bit of each.
const TilePositions = 512

// tileWords is the number of 64-bit words of a tile's bit vector.
const tileWords = TilePositions / 64

// blockPlanes holds the bit planes of what a pass drives of one block. Plane k
// is the rows' bits k, one vector of tileWords words for each row and a zero one
// behind them; bit p%64 of word p/64 belongs to position p.
type blockPlanes struct {
	bits, rows int
	words      []uint64
	step       []uint64 // a step's planes and their complements
}

func newBlockPlanes(m *Matrix) blockPlanes {
	b := blockPlanes{bits: m.design.Encoding.InputBits}
	b.words = make([]uint64, b.bits*(m.blocks[0].rows+1)*tileWords)
	if m.analog() {
		b.step = make([]uint64, 2*m.design.DACBits*(m.blocks[0].rows+1)*tileWords)
	}
	return b
}

// set takes the codes of a block's rows, planar: TilePositions of each row.
func (b *blockPlanes) set(k *kernels, x []int16) {
	b.rows = len(x) / TilePositions
	size := (b.rows + 1) * tileWords
	for plane := range b.bits {
		clear(b.words[(plane+1)*size-tileWords : (plane+1)*size])
	}
	k.planes(planesJob{dst: b.words, stride: size, x: x, bits: b.bits})
}

// of is the planes that a step drives.
func (b *blockPlanes) of(s Step, l stepLayout) []uint64 {
	size := (b.rows + 1) * tileWords
	planes := b.words[s.Shift*size : (s.Shift+s.Bits)*size]
	if !l.complement {
		return planes
	}
	copy(b.step, planes)
	for i, v := range planes {
		b.step[len(planes)+i] = ^v
	}
	return b.step[:2*len(planes)]
}

// planesJob asks for the bit planes of rows of codes: the vector of row r and
// bit k begins at dst[k·stride + r·tileWords].
type planesJob struct {
	dst    []uint64
	stride int
	x      []int16
	bits   int
}

func planesPortable(j planesJob) {
	var word [16]uint64
	for i := 0; i < len(j.x); i += 64 {
		clear(word[:])
		for p, v := range j.x[i : i+64] {
			for k := range word[:j.bits] {
				word[k] |= uint64(uint16(v)>>k&1) << p
			}
		}
		for k := range j.bits {
			j.dst[k*j.stride+i/64] = word[k]
		}
	}
}

// orPortable sets bits of the or of each position's codes.
func orPortable(or, x []int16) {
	for len(x) > 0 {
		for p, v := range x[:len(or)] {
			or[p] |= v
		}
		x = x[len(or):]
	}
}
