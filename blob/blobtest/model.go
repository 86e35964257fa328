package blobtest

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shoal/blob"
)

// likeMap does random things to the store and to a map, which must agree.
func likeMap(t *testing.T, s blob.Store) {
	pool := []string{"a", "b", "c/a", "c/b", "c/d/e", "c.d"}
	rapid.Check(t, func(rt *rapid.T) {
		for _, name := range names(t, s, "") {
			if err := s.Delete(t.Context(), name); err != nil {
				rt.Fatal(err)
			}
		}
		model := make(map[string]string)
		name := rapid.SampledFrom(pool)
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				n, text := name.Draw(rt, "name"), rapid.StringN(0, 50, 200).Draw(rt, "text")
				put(t, s, n, text)
				model[n] = text
			},
			"delete": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				_, known := model[n]
				if err := s.Delete(t.Context(), n); known != (err == nil) || !known && !errors.Is(err, blob.ErrNotFound) {
					rt.Fatalf("Delete %s: %v, known %v", n, err, known)
				}
				delete(model, n)
			},
			"get": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				want, known := model[n]
				got, err := get(t, s, n)
				if known != (err == nil) || got != want {
					rt.Fatalf("%s holds %q, %v; want %q, %v", n, got, err, want, known)
				}
			},
			"": func(rt *rapid.T) {
				if got, want := names(t, s, ""), slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
					rt.Fatalf("names %v, want %v", got, want)
				}
			},
		})
	})
}
