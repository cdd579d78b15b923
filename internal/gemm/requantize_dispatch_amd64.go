package gemm

//go:generate sh -c "cd gen && go run . -group requantize -out ../requantize_amd64.s -stubs ../requantize_amd64.go -pkg gemm"

import "golang.org/x/sys/cpu"

func bestRequantizeLevel() level {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		return levelAVX512
	}
	return levelPortable
}

// requantizeVector writes whole vectors of codes and returns their number.
func requantizeVector(dst []int16, acc []int64, s RequantizeSpec) int {
	blocks := len(dst) / 8
	if blocks == 0 {
		return 0
	}
	_ = acc[8*blocks-1]
	var addend *int64
	if s.Addend != nil {
		_ = s.Addend[8*blocks-1]
		addend = &s.Addend[0]
	}
	shift := s.F + s.Frac
	requantize512(&dst[0], &acc[0], addend, blocks, &[7]int64{
		s.M, s.B << s.Frac, int64(shift), 1<<shift - 1, tie(shift), int64(s.Low), topCode,
	})
	return 8 * blocks
}
