//go:build !amd64

package gemm

const noVector = "gemm: no assembly kernel on this architecture"

func (level) momentsVector(_, _, _, _ []float32)            { panic(noVector) }
func (level) lineVector(_, _ []float32, _ *LineSpec) uint32 { panic(noVector) }
func (level) gateVector(*GateSpec)                          { panic(noVector) }
func (level) blendVector(_, _, _ []float32, _ *BlendSpec)   { panic(noVector) }
func (level) addVector(_, _ []float32) int                  { panic(noVector) }
func (level) largerVector(_, _ []float32) int               { panic(noVector) }
func (level) routeVector(_, _, _, _ []float32) int          { panic(noVector) }
