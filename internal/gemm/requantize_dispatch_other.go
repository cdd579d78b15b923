//go:build !amd64

package gemm

func bestRequantizeLevel() level { return levelPortable }

func requantizeVector([]int16, []int64, RequantizeSpec) int {
	panic("gemm: no assembly kernel on this architecture")
}
