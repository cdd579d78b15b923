package gemm

//go:generate sh -c "cd gen && go run . -group integer -out ../integer_amd64.s -stubs ../integer_amd64.go -pkg gemm"

import "golang.org/x/sys/cpu"

func bestIntLevel() level {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512VNNI:
		return levelAVX512
	case x.HasAVX2:
		return levelAVX2
	}
	return levelPortable
}

// interleave packs whole pairs of rows of x, TilePositions apart, from dst on.
func interleave(dst *[2 * panelPositions]int16, x []int16, pairs int, l level) int64 {
	_ = x[(2*pairs-1)*TilePositions+panelPositions-1]
	if l == levelAVX512 {
		return int64(interleave512(&dst[0], &x[0], pairs))
	}
	return int64(max(interleave256(&dst[0], &x[0], pairs),
		interleave256(&dst[panelPositions], &x[panelPositions/2], pairs)))
}

// checkIntTile looks up the last element of each operand: the kernels have no
// bounds checks of their own.
func checkIntTile(t *intTile) {
	_ = t.y[(t.cols-1)*TilePositions+panelPositions-1]
	_ = t.w[2*t.cols*len(t.x)-1]
}

// productPairs sets the outputs of a tile, or adds to them.
func productPairs(l level, t intTile) {
	checkIntTile(&t)
	if l == levelAVX512 {
		product512(&t)
		return
	}
	product256(&t)
}

func product512(t *intTile) {
	y, w, x, pairs := &t.y[0], &t.w[0], &t.x[0][0], len(t.x)
	switch t.cols {
	case 1:
		product512x1(y, w, x, pairs, t.add)
	case 2:
		product512x2(y, w, x, pairs, t.add)
	case 3:
		product512x3(y, w, x, pairs, t.add)
	case 4:
		product512x4(y, w, x, pairs, t.add)
	case 5:
		product512x5(y, w, x, pairs, t.add)
	case 6:
		product512x6(y, w, x, pairs, t.add)
	case 7:
		product512x7(y, w, x, pairs, t.add)
	case 8:
		product512x8(y, w, x, pairs, t.add)
	case 9:
		product512x9(y, w, x, pairs, t.add)
	case 10:
		product512x10(y, w, x, pairs, t.add)
	case 11:
		product512x11(y, w, x, pairs, t.add)
	default:
		product512x12(y, w, x, pairs, t.add)
	}
}

// firstPairs packs the rows of src in t.x and multiplies them, where they are
// at most limit in magnitude. It returns the largest magnitude.
func firstPairs(src []int16, limit int64, t intTile) int64 {
	_ = src[(2*len(t.x)-1)*TilePositions+panelPositions-1]
	checkIntTile(&t)
	return int64(first512(&src[0], uint64(limit), &t))
}

func first512(src *int16, limit uint64, t *intTile) uint64 {
	y, w, x, pairs := &t.y[0], &t.w[0], &t.x[0][0], len(t.x)
	switch t.cols {
	case 1:
		return first512x1(y, w, x, src, pairs, limit, t.add)
	case 2:
		return first512x2(y, w, x, src, pairs, limit, t.add)
	case 3:
		return first512x3(y, w, x, src, pairs, limit, t.add)
	case 4:
		return first512x4(y, w, x, src, pairs, limit, t.add)
	case 5:
		return first512x5(y, w, x, src, pairs, limit, t.add)
	case 6:
		return first512x6(y, w, x, src, pairs, limit, t.add)
	case 7:
		return first512x7(y, w, x, src, pairs, limit, t.add)
	case 8:
		return first512x8(y, w, x, src, pairs, limit, t.add)
	case 9:
		return first512x9(y, w, x, src, pairs, limit, t.add)
	case 10:
		return first512x10(y, w, x, src, pairs, limit, t.add)
	case 11:
		return first512x11(y, w, x, src, pairs, limit, t.add)
	}
	return first512x12(y, w, x, src, pairs, limit, t.add)
}

// product256 takes half of the positions at a time.
func product256(t *intTile) {
	for half := range 2 {
		from := half * panelPositions / 2
		y, w, x, pairs := &t.y[from], &t.w[0], &t.x[0][2*from], len(t.x)
		switch t.cols {
		case 1:
			product256x1(y, w, x, pairs, t.add)
		case 2:
			product256x2(y, w, x, pairs, t.add)
		case 3:
			product256x3(y, w, x, pairs, t.add)
		case 4:
			product256x4(y, w, x, pairs, t.add)
		case 5:
			product256x5(y, w, x, pairs, t.add)
		default:
			product256x6(y, w, x, pairs, t.add)
		}
	}
}
