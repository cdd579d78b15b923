//go:build !amd64

package crossbar

func allKernels() []kernels { return []kernels{portableKernels()} }
