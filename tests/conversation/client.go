// A client made of Debian's Go library for Varlink: nothing of Coppice is in it.
//
//	client ADDRESS info
//	client ADDRESS introspect INTERFACE         parses the description, prints its methods
//	client ADDRESS call METHOD PARAMETERS       prints the reply
//	client ADDRESS more METHOD PARAMETERS       prints every reply, one a line
//
// An error reply is printed as "error NAME PARAMETERS" and exits 3; any other trouble exits 1.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/varlink/go/varlink"
	"github.com/varlink/go/varlink/idl"
)

func fail(err error) {
	var reply *varlink.Error
	if errors.As(err, &reply) {
		parameters := "{}"
		if raw, ok := reply.Parameters.(*json.RawMessage); ok && raw != nil {
			parameters = string(*raw)
		}
		fmt.Println("error", reply.Name, parameters)
		os.Exit(3)
	}
	// Those of org.varlink.service are types of their own.
	switch err.(type) {
	case *varlink.InterfaceNotFound, *varlink.MethodNotFound, *varlink.MethodNotImplemented,
		*varlink.InvalidParameter:
		parameters, _ := json.Marshal(err)
		fmt.Println("error", err.Error(), string(parameters))
		os.Exit(3)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func info(ctx context.Context, connection *varlink.Connection) {
	var vendor, product, version, url string
	var interfaces []string
	if err := connection.GetInfo(ctx, &vendor, &product, &version, &url, &interfaces); err != nil {
		fail(err)
	}
	fmt.Println(product, version)
	for _, name := range interfaces {
		fmt.Println(name)
	}
}

func introspect(ctx context.Context, connection *varlink.Connection, name string) {
	description, err := connection.GetInterfaceDescription(ctx, name)
	if err != nil {
		fail(err)
	}
	// The library's parser takes names of interfaces in lower case only, unlike the specification and
	// systemd, whose own are called io.systemd.Manager and the like.
	lower := "interface " + strings.ToLower(name) + "\n"
	parsed, err := idl.New(strings.Replace(description, "interface "+name+"\n", lower, 1))
	if err != nil {
		fail(err)
	}
	for _, method := range parsed.Methods {
		fmt.Println(method.Name)
	}
}

func call(ctx context.Context, connection *varlink.Connection, method, parameters string, flags uint64) {
	receive, err := connection.Send(ctx, method, json.RawMessage(parameters), flags)
	if err != nil {
		fail(err)
	}
	for {
		var reply json.RawMessage
		flags, err := receive(ctx, &reply)
		if err != nil {
			fail(err)
		}
		fmt.Println(string(reply))
		if flags&varlink.Continues == 0 {
			return
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: client ADDRESS info|introspect|call|more ..."))
	}
	ctx := context.Background()
	connection, err := varlink.NewConnection(ctx, os.Args[1])
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	arguments := os.Args[3:]
	switch {
	case os.Args[2] == "info" && len(arguments) == 0:
		info(ctx, connection)
	case os.Args[2] == "introspect" && len(arguments) == 1:
		introspect(ctx, connection, arguments[0])
	case os.Args[2] == "call" && len(arguments) == 2:
		call(ctx, connection, arguments[0], arguments[1], 0)
	case os.Args[2] == "more" && len(arguments) == 2:
		call(ctx, connection, arguments[0], arguments[1], varlink.More)
	default:
		fail(errors.New("unknown command: " + os.Args[2]))
	}
}
