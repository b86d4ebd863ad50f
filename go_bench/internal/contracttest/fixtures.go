package contracttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Fixture is one row of harness/contract/fixtures/index.json with the text of its file.
type Fixture struct {
	File  string
	What  string
	Valid bool
	Why   string
	Call  Call
	Text  []byte
}

// Fixtures reads all fixtures of a kind. root is the path to the top of the repository.
func Fixtures(t *testing.T, root, what string) []Fixture {
	t.Helper()
	folder := filepath.Join(root, "harness/contract/fixtures")
	text, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		V        int
		Fixtures []Fixture
	}
	if err := json.Unmarshal(text, &index); err != nil || index.V != 1 {
		t.Fatalf("index.json of version %d: %v", index.V, err)
	}
	var chosen []Fixture
	for _, f := range index.Fixtures {
		if f.What != what {
			continue
		}
		if f.Text, err = os.ReadFile(filepath.Join(folder, f.File)); err != nil {
			t.Fatal(err)
		}
		chosen = append(chosen, f)
	}
	if len(chosen) == 0 {
		t.Fatalf("no fixture of a %s", what)
	}
	return chosen
}
