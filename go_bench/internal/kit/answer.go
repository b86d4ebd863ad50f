// Package kit is what every workload of this subject shares: the contract's options, records, clocks and arithmetic.
package kit

// Mix is one output step of splitmix64.
func Mix(x uint64) uint64 {
	z := x + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Rounds applies Mix 300 times, each to the result of the one before: about 1 µs that no compiler can shorten.
func Rounds(x uint64) uint64 {
	for range 300 {
		x = Mix(x)
	}
	return x
}

// FNVOffset is the hash of nothing, where a chain of FNV calls starts.
const FNVOffset = 0xcbf29ce484222325

// FNV goes on with the FNV-1a hash h over the bytes of s. Package hash/fnv would need a copy of s as a slice.
func FNV(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}
