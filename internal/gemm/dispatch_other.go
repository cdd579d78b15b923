//go:build !amd64

package gemm

func hasFMA() bool { return false }

func kernelFMA(*tile) { panic("gemm: no assembly kernel on this architecture") }

func packVector([]float32, Matrix) int { return 0 }
