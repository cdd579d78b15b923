package gemm

//go:generate sh -c "cd gen && go run . -group float -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg gemm"
//go:generate sh -c "cd gen && go run . -group wide -out ../wide_amd64.s -stubs ../wide_amd64.go -pkg gemm"

import "golang.org/x/sys/cpu"

func bestLevel() level {
	switch {
	case !cpu.X86.HasAVX2 || !cpu.X86.HasFMA:
		return levelPortable
	case cpu.X86.HasAVX512F:
		return levelAVX512
	}
	return levelAVX2
}

// checkTile looks up the last element of each operand: the kernels have no
// bounds checks of their own.
func checkTile(t *tile) {
	_ = t.a[(t.rows-1)*t.aRow+(t.depth-1)*t.aCol]
	_ = t.b[(t.depth-1)*t.bRow+t.cols-1]
	_ = t.c[(t.rows-1)*t.cRow+t.cols-1]
}

// kernelFMA runs the chains of a tile of tileCols columns in assembly.
func kernelFMA(t *tile) {
	checkTile(t)
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

// kernelWide runs the chains of a tile of wideCols columns in assembly.
func kernelWide(t *tile) {
	checkTile(t)
	a, b, c := &t.a[0], &t.b[0], &t.c[0]
	switch t.rows {
	case 1:
		wide1(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 2:
		wide2(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 3:
		wide3(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 4:
		wide4(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 5:
		wide5(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 6:
		wide6(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 7:
		wide7(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 8:
		wide8(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 9:
		wide9(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 10:
		wide10(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	case 11:
		wide11(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	default:
		wide12(a, t.aRow, t.aCol, b, t.bRow, c, t.cRow, t.depth, t.load)
	}
}

// packVector packs as many steps of a whole panel as the vector transpose
// takes at a time, and returns their number.
func packVector(dst panel, b Matrix) int {
	blocks := b.Rows / 8
	if blocks == 0 || b.RowStride != 1 {
		return 0
	}
	for j := 0; j < dst.cols; j += 8 {
		packEight(&dst.data[j], dst.cols, &b.Data[j*b.ColStride], b.ColStride, blocks)
	}
	return blocks * 8
}
