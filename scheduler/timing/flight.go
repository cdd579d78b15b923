package timing

// inFlight is the number of images of which some position has left the source and
// the result is not out.
func (m *model) inFlight() int64 {
	begun := int64(0)
	for _, e := range m.emitters[m.sources:] {
		n := m.flows[e.flow].positions
		begun = max(begun, (e.writing+n-1)/n)
	}
	return begun - int64(len(m.done))
}
