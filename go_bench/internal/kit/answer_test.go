package kit

import (
	"hash/fnv"
	"testing"
)

// The values are the published outputs of splitmix64 for the seed 1234567 (Vigna, prng.di.unimi.it).
func TestMixIsSplitmix64(t *testing.T) {
	const step = 0x9e3779b97f4a7c15
	seed := uint64(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := Mix(seed + uint64(i)*step); got != want {
			t.Errorf("output %d: got %d, want %d", i, got, want)
		}
	}
}

func TestRoundsIsMixThreeHundredTimes(t *testing.T) {
	want := uint64(42)
	for n := 0; n < 300; n++ {
		want = Mix(want)
	}
	if got := Rounds(42); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestFNVIsThatOfTheStandardLibrary(t *testing.T) {
	want := fnv.New64a()
	got := uint64(FNVOffset)
	for _, s := range []string{"", "a", "req-00000000000000ab", "\x00\xff"} {
		want.Write([]byte(s))
		got = FNV(got, s)
		if got != want.Sum64() {
			t.Errorf("after %q: got %x, want %x", s, got, want.Sum64())
		}
	}
}
