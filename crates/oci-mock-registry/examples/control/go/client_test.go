// A complete test of a small registry client in Go: a 429 with Retry-After, an expired token, a blob that is cut.
//
//	isi-conformance registry --control 127.0.0.1:5001 &
//	CONTROL=http://127.0.0.1:5001 go test client_test.go
//
// It needs nothing but Go's own library.
package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Client is the client under test: it pulls, waits where it is told to, renews its token, and resumes a blob that was cut.
type Client struct {
	URL, User, Password string
	Sleep               func(time.Duration)
	token               string
}

type descriptor struct {
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

// Layers returns the layers of an image.
func (c *Client) Layers(repository, tag string) ([]descriptor, error) {
	body, err := c.get("/v2/"+repository+"/manifests/"+tag, 0)
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Layers []descriptor `json:"layers"`
	}
	err = json.Unmarshal(body, &manifest)
	return manifest.Layers, err
}

// Blob returns all of a blob, whose digest it checks.
func (c *Client) Blob(repository, digest string) ([]byte, error) {
	var content []byte
	for range 3 {
		piece, err := c.get("/v2/"+repository+"/blobs/"+digest, len(content))
		content = append(content, piece...)
		if err == nil {
			break
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
	}
	if found := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); found != digest {
		return nil, fmt.Errorf("the blob has the digest %s", found)
	}
	return content, nil
}

func (c *Client) get(path string, from int) ([]byte, error) {
	for range 4 {
		request, err := http.NewRequest(http.MethodGet, c.URL+path, nil)
		if err != nil {
			return nil, err
		}
		if from > 0 {
			request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		}
		if c.token != "" {
			request.Header.Set("Authorization", "Bearer "+c.token)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		switch {
		case answer.StatusCode == http.StatusTooManyRequests:
			seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
			if err != nil {
				return nil, err
			}
			c.Sleep(time.Duration(seconds) * time.Second)
		case answer.StatusCode == http.StatusUnauthorized:
			if err := c.renew(answer.Header.Get("WWW-Authenticate")); err != nil {
				return nil, err
			}
		case answer.StatusCode >= 300:
			return nil, fmt.Errorf("%s: %s", path, answer.Status)
		default:
			return body, err
		}
	}
	return nil, fmt.Errorf("%s: given up", path)
}

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

func (c *Client) renew(challenge string) error {
	asked := map[string]string{}
	for _, found := range parameter.FindAllStringSubmatch(challenge, -1) {
		asked[found[1]] = found[2]
	}
	query := url.Values{"service": {asked["service"]}, "scope": {asked["scope"]}}
	request, err := http.NewRequest(http.MethodGet, asked["realm"]+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	request.SetBasicAuth(c.User, c.Password)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var given struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&given); err != nil {
		return err
	}
	c.token = given.Token
	return nil
}

// control asks the control interface; an error fails the test.
func control(t *testing.T, method, path, body string, into any) {
	t.Helper()
	request, err := http.NewRequest(method, os.Getenv("CONTROL")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, path, bytes.TrimSpace(text))
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}

// registry starts a registry of its own for a test; it returns its path on the control interface and its URL.
func registry(t *testing.T) (path, address string) {
	t.Helper()
	var made struct {
		URL string `json:"url"`
	}
	control(t, http.MethodPost, "/registries", fmt.Sprintf(`{
		"name": %q,
		"fixture": { "repositories": { "lib/app": { "v1": "mine" } } },
		"images": { "mine": { "about": "one layer", "oci": { "layers": [2000] } } }
	}`, t.Name()), &made)
	path = "/registries/" + t.Name()
	t.Cleanup(func() { control(t, http.MethodDelete, path, "", nil) })
	return path, made.URL
}

// statuses returns the statuses with which an endpoint answered; -1 for an answer that did not arrive whole.
func statuses(t *testing.T, path, endpoint string) []int {
	t.Helper()
	var journal struct {
		Entries []struct {
			Status *int `json:"status"`
		} `json:"entries"`
	}
	control(t, http.MethodGet, path+"/journal?endpoint="+endpoint, "", &journal)
	var found []int
	for _, entry := range journal.Entries {
		status := -1
		if entry.Status != nil {
			status = *entry.Status
		}
		found = append(found, status)
	}
	return found
}

// addsUp fails the test where a fault has not fired, or something was asked that no registry answers.
func addsUp(t *testing.T, path string) {
	t.Helper()
	var found struct {
		Findings []struct {
			Message string `json:"message"`
		} `json:"findings"`
	}
	control(t, http.MethodGet, path+"/findings", "", &found)
	for _, finding := range found.Findings {
		t.Error(finding.Message)
	}
}

func TestWaitsAsLongAsRetryAfterSays(t *testing.T) {
	path, address := registry(t)
	control(t, http.MethodPost, path+"/faults",
		`{ "when": "GET manifests/*", "first": 1, "status": 429, "headers": { "Retry-After": "7" } }`, nil)
	var waits []time.Duration
	client := &Client{URL: address, Sleep: func(wait time.Duration) { waits = append(waits, wait) }}
	if _, err := client.Layers("lib/app", "v1"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(waits, []time.Duration{7 * time.Second}) {
		t.Errorf("waited %v", waits)
	}
	if found := statuses(t, path, "manifest"); !slices.Equal(found, []int{429, 200}) {
		t.Errorf("answered %v", found)
	}
	addsUp(t, path)
}

func TestRenewsAnExpiredToken(t *testing.T) {
	path, address := registry(t)
	control(t, http.MethodPatch, path+"/behaviour",
		`{ "auth": { "scheme": "bearer", "users": { "robot": "secret" }, "tokenLife": "5m" } }`, nil)
	client := &Client{URL: address, User: "robot", Password: "secret"}
	for range 2 {
		if _, err := client.Layers("lib/app", "v1"); err != nil {
			t.Fatal(err)
		}
	}
	first := client.token
	control(t, http.MethodPost, path+"/clock", `{ "advance": "5m" }`, nil)
	if _, err := client.Layers("lib/app", "v1"); err != nil {
		t.Fatal(err)
	}
	if client.token == first {
		t.Error("the token was not renewed")
	}
	if found := statuses(t, path, "token"); !slices.Equal(found, []int{200, 200}) {
		t.Errorf("tokens were asked for: %v", found)
	}
	addsUp(t, path)
}

func TestResumesABlobThatWasCut(t *testing.T) {
	path, address := registry(t)
	client := &Client{URL: address}
	layers, err := client.Layers("lib/app", "v1")
	if err != nil {
		t.Fatal(err)
	}
	control(t, http.MethodPost, path+"/faults", `{ "when": "GET blobs/*", "first": 1, "truncate": 100 }`, nil)
	content, err := client.Blob("lib/app", layers[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) != layers[0].Size {
		t.Errorf("the blob has %d bytes", len(content))
	}
	if found := statuses(t, path, "blob"); !slices.Equal(found, []int{-1, 206}) {
		t.Errorf("answered %v", found)
	}
	addsUp(t, path)
}
