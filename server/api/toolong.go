package api

import (
	"errors"
	"fmt"
	"net/http"
)

// tooLong returns what is wrong with a text of more than most bytes, or nil. What names it, as a sentence begins: "The title".
func tooLong(what, text string, most int) *problem {
	if len(text) <= most {
		return nil
	}
	return &problem{http.StatusBadRequest, "too_long", fmt.Sprintf(
		"%s has %d bytes and may have %d (a letter beyond a-z takes two to four). Shorten it.", what, len(text), most)}
}

// tooLarge returns what is wrong with a request whose body is larger than is read of it, if err says that it is; or nil. What names the body:
// "The description of a clip".
func tooLarge(r *http.Request, what string, err error) *problem {
	var large *http.MaxBytesError
	if !errors.As(err, &large) {
		return nil
	}
	has := fmt.Sprintf("%d bytes", r.ContentLength)
	if r.ContentLength < 0 { // it comes in chunks, and nobody counted the rest
		has = fmt.Sprintf("more than %d bytes", large.Limit)
	}
	return &problem{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("%s has %s and may have %d. Send less.", what, has, large.Limit)}
}
