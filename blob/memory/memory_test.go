package memory_test

import (
	"errors"
	"strings"
	"testing"

	"shoal/blob"
	"shoal/blob/blobtest"
	"shoal/blob/memory"
)

func TestContract(t *testing.T) {
	blobtest.Contract(t, func(*testing.T) blob.Store { return memory.New(1 << 20) })
}

func TestIsBounded(t *testing.T) {
	s := memory.New(10)
	put := func(name, text string) error { return s.Put(t.Context(), name, strings.NewReader(text)) }
	if err := put("a", "12345678901"); !errors.Is(err, blob.ErrFull) {
		t.Errorf("11 bytes in a store of 10: %v", err)
	}
	if err := errors.Join(put("a", "123456"), put("b", "1234")); err != nil {
		t.Fatal(err)
	}
	if err := put("c", "1"); !errors.Is(err, blob.ErrFull) {
		t.Errorf("the eleventh byte: %v", err)
	}
	if err := put("a", "654321"); err != nil {
		t.Errorf("replacing what fits: %v", err)
	}
	if err := s.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if err := put("c", "1234"); err != nil {
		t.Errorf("room that was freed: %v", err)
	}
}
