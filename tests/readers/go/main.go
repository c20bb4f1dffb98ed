// Reads YAML texts as Go programs do, for tests/yaml_readers.rs: with go-yaml v3, as kustomize, and with
// sigs.k8s.io/yaml, as kubectl, Helm, Flux and the API server.
//
// stdin: a JSON list of texts. stdout: a JSON object, reader name to the list of what it read; numbers as
// {"$number": text}, so that no digit is lost, and what has no place in JSON as {"$other": type}.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	yamlv3 "gopkg.in/yaml.v3"
	sigs "sigs.k8s.io/yaml"
)

func number(text string) any { return map[string]any{"$number": text} }

func other(what any) any { return map[string]any{"$other": fmt.Sprint(what)} }

func encode(value any) any {
	switch value := value.(type) {
	case nil, bool, string:
		return value
	case int:
		return number(strconv.Itoa(value))
	case int64:
		return number(strconv.FormatInt(value, 10))
	case uint64:
		return number(strconv.FormatUint(value, 10))
	case float64:
		return number(strconv.FormatFloat(value, 'g', -1, 64))
	case json.Number:
		return number(value.String())
	case time.Time:
		return other("date")
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = encode(item)
		}
		return items
	case map[string]any:
		entries := map[string]any{}
		for key, item := range value {
			entries[key] = encode(item)
		}
		return entries
	default:
		return other(fmt.Sprintf("%T", value))
	}
}

func readV3(text string) any {
	var value any
	if err := yamlv3.Unmarshal([]byte(text), &value); err != nil {
		return other(err)
	}
	return encode(value)
}

func readSigs(text string) any {
	raw, err := sigs.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return other(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return other(err)
	}
	return encode(value)
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		log.Fatal(err)
	}
	results := map[string][]any{"go-yaml v3": {}, "sigs.k8s.io/yaml": {}}
	for _, text := range texts {
		results["go-yaml v3"] = append(results["go-yaml v3"], readV3(text))
		results["sigs.k8s.io/yaml"] = append(results["sigs.k8s.io/yaml"], readSigs(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}
