// Package contracttest reads a subject's output as strictly as docs/contract.md is written, for tests to hold output to it.
package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Object is one line of output. Numbers are json.Number: the text of the line.
type Object map[string]any

const (
	maxLine  = 1 << 20
	maxDepth = 32
)

// ParseObject reads one line, without its newline, which must hold one JSON object and nothing else.
// Package json alone would take invalid UTF-8, duplicate keys and any depth up to 10,000.
func ParseObject(line []byte) (Object, error) {
	switch {
	case len(line) > maxLine:
		return nil, fmt.Errorf("%d bytes are more than 1 MiB", len(line))
	case !utf8.Valid(line):
		return nil, errors.New("not UTF-8")
	case !json.Valid(line):
		return nil, errors.New("not one JSON value")
	}
	tokens := json.NewDecoder(bytes.NewReader(line))
	tokens.UseNumber()
	value, err := readValue(tokens, 0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("not an object")
	}
	if _, err := tokens.Token(); err != io.EOF {
		return nil, errors.New("text after the object")
	}
	return object, nil
}

func readValue(tokens *json.Decoder, depth int) (any, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	delim, nests := token.(json.Delim)
	if !nests {
		return token, nil
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	var value any
	if delim == '{' {
		value, err = readObject(tokens, depth+1)
	} else {
		value, err = readList(tokens, depth+1)
	}
	if err != nil {
		return nil, err
	}
	_, err = tokens.Token() // the closing bracket
	return value, err
}

func readObject(tokens *json.Decoder, depth int) (map[string]any, error) {
	object := map[string]any{}
	for tokens.More() {
		token, err := tokens.Token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // json.Valid has seen to it
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("key %q comes twice", key)
		}
		if object[key], err = readValue(tokens, depth); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func readList(tokens *json.Decoder, depth int) ([]any, error) {
	list := []any{}
	for tokens.More() {
		value, err := readValue(tokens, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}
