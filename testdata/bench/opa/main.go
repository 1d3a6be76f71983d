// Command opa judges a snapshot by twelve rules with pcf-scan and with OPA's Go library, in
// one run, and prints the CPU time of each: whole processes, from the file to the counts.
// It is a module of its own, so that the program itself does not depend on OPA.
//
//	go run . -pcf-scan ../../../bin/pcf-scan -snapshot resources.jsonl
//
// OPA is used as well as we can: one prepared query for all rules, rules that its index
// finds by the resource type, a worker for every core, one decoding per resource.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/util"
)

//go:embed bench.rego
var policy string

var ruleIDs = []string{
	"restricted-ssh", "restricted-rdp", "dynamodb-pitr-enabled", "encrypted-volumes", "subnet-auto-assign-public-ip-disabled", "lambda-inside-vpc",
	"cw-loggroup-retention-period-check", "db-instance-backup-enabled", "rds-instance-public-access-check", "rds-storage-encrypted",
	"s3-bucket-level-public-access-prohibited", "sqs-queue-encrypted",
}

func main() {
	program := flag.String("pcf-scan", "bin/pcf-scan", "the `PROGRAM` to compare with")
	snapshot := flag.String("snapshot", "resources.jsonl", "the `FILE` that both judge")
	partial := flag.Bool("partial", false, "OPA: evaluate in part when the query is prepared")
	runs := flag.Int("runs", 3, "how often each is run; the best counts")
	onlyOPA := flag.Bool("only-opa", false, "judge by OPA alone, and print the counts (what the comparison runs)")
	flag.Parse()
	if err := run(*program, *snapshot, *partial, *runs, *onlyOPA); err != nil {
		fmt.Fprintln(os.Stderr, "opa:", err)
		os.Exit(1)
	}
}

func run(program, snapshot string, partial bool, runs int, onlyOPA bool) error {
	if onlyOPA {
		counts, err := judge(snapshot, partial)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(counts)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ours := []string{"check", snapshot, "--summary", "--format", "json"}
	for _, id := range ruleIDs {
		ours = append(ours, "--rule", id)
	}
	ourCounts, ourCPU, err := best(runs, func() (map[string]int, time.Duration, error) {
		out, cpu, err := measure(program, ours...)
		if err != nil {
			return nil, 0, err
		}
		var result struct {
			Rules []struct {
				ID   string
				Fail int
			}
		}
		if err := json.Unmarshal(out, &result); err != nil {
			return nil, 0, err
		}
		counts := map[string]int{}
		for _, r := range result.Rules {
			counts[r.ID] = r.Fail
		}
		return counts, cpu, nil
	})
	if err != nil {
		return err
	}
	theirCPU := time.Duration(0)
	var theirCounts map[string]int
	for _, partial := range []bool{false, true} { // the better way counts
		counts, cpu, err := best(runs, func() (map[string]int, time.Duration, error) {
			out, cpu, err := measure(self, "-only-opa", "-snapshot", snapshot, fmt.Sprintf("-partial=%v", partial))
			if err != nil {
				return nil, 0, err
			}
			counts := map[string]int{}
			return counts, cpu, json.Unmarshal(out, &counts)
		})
		if err != nil {
			return err
		}
		fmt.Printf("opa (partial evaluation %-5v) %8.2f CPU seconds\n", partial, cpu.Seconds())
		if theirCPU == 0 || cpu < theirCPU {
			theirCPU, theirCounts = cpu, counts
		}
	}
	fmt.Printf("pcf-scan                       %8.2f CPU seconds\n", ourCPU.Seconds())
	fmt.Printf("ratio                          %8.1f\n", theirCPU.Seconds()/ourCPU.Seconds())
	if !maps.Equal(ourCounts, theirCounts) {
		return fmt.Errorf("the two do not find the same: %v and %v", ourCounts, theirCounts)
	}
	fmt.Println("both find the same:", ourCounts)
	return nil
}

func best(runs int, once func() (map[string]int, time.Duration, error)) (counts map[string]int, cpu time.Duration, err error) {
	for range runs {
		c, d, err := once()
		if err != nil {
			return nil, 0, err
		}
		if cpu == 0 || d < cpu {
			counts, cpu = c, d
		}
	}
	return counts, cpu, nil
}

// measure runs a program; that there are findings (exit code 1) is no error.
func measure(name string, args ...string) ([]byte, time.Duration, error) {
	var out bytes.Buffer
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = &out, os.Stderr
	err := c.Run()
	if c.ProcessState == nil || c.ProcessState.ExitCode() > 1 {
		return nil, 0, fmt.Errorf("run %s: %w", name, err)
	}
	return out.Bytes(), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// judge is the whole work of OPA: read, decode, evaluate, count.
func judge(snapshot string, partial bool) (map[string]int, error) {
	debug.SetGCPercent(200) // as pcf-scan does
	ctx := context.Background()
	var options []rego.PrepareOption
	if partial {
		options = append(options, rego.WithPartialEval())
	}
	query, err := rego.New(rego.Query("data.bench.fail"), rego.Module("bench.rego", policy)).PrepareForEval(ctx, options...)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(snapshot)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := make(chan [][]byte, runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	var workers sync.WaitGroup
	total := map[string]int{}
	for _, id := range ruleIDs {
		total[id] = 0
	}
	var failed error
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			counts := map[string]int{}
			for batch := range lines {
				for _, line := range batch {
					if err := judgeLine(ctx, query, line, counts); err != nil {
						mu.Lock()
						failed = err
						mu.Unlock()
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for id, n := range counts {
				total[id] += n
			}
		})
	}
	in := bufio.NewScanner(f)
	in.Buffer(make([]byte, 1<<20), 16<<20)
	var batch [][]byte
	for in.Scan() {
		if batch = append(batch, slices.Clone(in.Bytes())); len(batch) == 200 {
			lines <- batch
			batch = nil
		}
	}
	lines <- batch
	close(lines)
	workers.Wait()
	if failed == nil {
		failed = in.Err()
	}
	return total, failed
}

func judgeLine(ctx context.Context, query rego.PreparedEvalQuery, line []byte, counts map[string]int) error {
	var v any
	if err := util.UnmarshalJSON(line, &v); err != nil {
		return err
	}
	input, err := ast.InterfaceToValue(v)
	if err != nil {
		return err
	}
	results, err := query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return err
	}
	for _, r := range results {
		for _, e := range r.Expressions {
			ids, _ := e.Value.([]any)
			for _, id := range ids {
				if s, ok := id.(string); ok {
					counts[s]++
				}
			}
		}
	}
	return nil
}
