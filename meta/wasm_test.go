package meta

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// engineMax is what the browser's engine may weigh, compressed by brotli: it is loaded behind the first picture, on
// telephones too.
const engineMax = 520 << 10

func TestEngineBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compresses the engine")
	}
	wasm := filepath.Join(t.TempDir(), "engine.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-gcflags=std=-l", "-ldflags=-s -w", "-o", wasm, "./cmd/engine")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const compress = `const z = require('node:zlib'); process.stdout.write(String(z.brotliCompressSync(require('node:fs').readFileSync(process.argv[1])).length))`
	out, err := exec.Command("node", "-e", compress, wasm).Output()
	if err != nil {
		t.Skipf("node is not here to compress the engine: %v", err)
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the engine is %d bytes brotli, %d %% of its budget", size, 100*size/engineMax)
	if size > engineMax {
		t.Errorf("the engine is %d bytes brotli, more than %d: see what the last import brought", size, engineMax)
	}
}
