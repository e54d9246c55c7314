// Says what Flux and Argo CD make of objects: kstatus by Flux's own library, and Lua in Argo CD's interpreter.
//
// Standard input is a JSON list of {"object", "script"}; standard output is a list of answers in the same order.
// A job without a script is for kstatus alone.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type job struct {
	Object unstructured.Unstructured `json:"object"`
	Script string                    `json:"script"`
}

type answer struct {
	Kstatus  string          `json:"kstatus"`
	Message  string          `json:"message"`
	Returned json.RawMessage `json:"returned,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var jobs []job
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		return err
	}
	answers := make([]answer, 0, len(jobs))
	for _, one := range jobs {
		judged, err := judge(one)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Object.GetName(), err)
		}
		answers = append(answers, judged)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func judge(one job) (answer, error) {
	result, err := status.Compute(&one.Object)
	if err != nil {
		return answer{}, err
	}
	told := answer{Kstatus: string(result.Status), Message: result.Message}
	if one.Script != "" {
		told.Returned, err = runLua(one.Script, one.Object.Object)
		if err != nil {
			told.Error = err.Error()
		}
	}
	return told, nil
}
