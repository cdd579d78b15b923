//go:build !amd64

package gemm

func (r *Reduction) vector(level) { panic("gemm: no assembly kernel on this architecture") }
