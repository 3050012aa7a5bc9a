package collect

import (
	"reflect"
	"time"
)

// secret are the members of AWS's types that may hold a secret.
var secret = map[string]bool{
	"UserData": true, "Environment": true, "CustomerGatewayConfiguration": true, "TunnelOptions": true, "PreSharedKey": true,
	"PreSharedKeyArn": true, "MasterUserPassword": true, "PendingModifiedValues": true, "ResultMetadata": true, "authKey": true,
	"AuthKey": true, "CustomerRouterConfig": true, "BgpPeers": true,
}

// plain turns what AWS's SDK returns into what encoding/json writes as AWS's
// command line prints it: members that are absent are left out, lists that are
// empty are not, and what may hold a secret is gone.
func plain(v any) any { return plainValue(reflect.ValueOf(v)) }

func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plainValue(v.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			if x := plainValue(v.MapIndex(k)); x != nil && !secret[k.String()] {
				out[k.String()] = x
			}
		}
		return out
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format(time.RFC3339)
		}
		return plainStruct(v)
	case reflect.String:
		if v.Type().PkgPath() != "" && v.Len() == 0 {
			return nil // an enumeration without a value is absent
		}
		return v.String()
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64:
		return v.Interface()
	}
	return nil
}

func plainStruct(v reflect.Value) any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || secret[f.Name] {
			continue
		}
		if x := plainValue(v.Field(i)); x != nil {
			out[f.Name] = x
		}
	}
	return out
}
