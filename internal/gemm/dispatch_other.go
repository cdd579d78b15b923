//go:build !amd64

package gemm

func bestLevel() level { return levelPortable }

func kernelFMA(*tile) { panic("gemm: no assembly kernel on this architecture") }

func kernelWide(*tile) { panic("gemm: no assembly kernel on this architecture") }

func packVector(panel, Matrix) int { return 0 }
