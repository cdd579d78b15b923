//go:build !amd64

package gemm

func bestIntLevel() level { return levelPortable }

func interleave(*[2 * panelPositions]int16, []int16, int, level) int64 {
	panic("gemm: no assembly kernel on this architecture")
}

func productPairs(level, intTile) { panic("gemm: no assembly kernel on this architecture") }

func firstPairs([]int16, int64, intTile) int64 {
	panic("gemm: no assembly kernel on this architecture")
}
