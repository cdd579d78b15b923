package gemm

//go:generate sh -c "cd gen && go run . -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg gemm"

import "golang.org/x/sys/cpu"

func hasFMA() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// kernelFMA runs the chains of a tile in assembly. It looks up the last element
// of each operand first: the kernels have no bounds checks of their own.
func kernelFMA(t *tile) {
	_ = t.a[(t.rows-1)*t.aRow+(t.depth-1)*t.aCol]
	_ = t.b[(t.depth-1)*t.bRow+tileCols-1]
	_ = t.c[(t.rows-1)*t.cRow+tileCols-1]
	a, b, c := &t.a[0], &t.b[0], &t.c[0]
	switch t.rows {
	case 1:
		tile1(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 2:
		tile2(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 3:
		tile3(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 4:
		tile4(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 5:
		tile5(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	default:
		tile6(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	}
}

// packVector packs as many steps of a whole panel as the vector transpose
// takes at a time, and returns their number.
func packVector(dst []float32, b Matrix) int {
	blocks := b.Rows / 8
	if blocks > 0 && b.RowStride == 1 {
		packEight(&dst[0], tileCols, &b.Data[0], b.ColStride, blocks)
		packEight(&dst[8], tileCols, &b.Data[8*b.ColStride], b.ColStride, blocks)
		return blocks * 8
	}
	return 0
}
