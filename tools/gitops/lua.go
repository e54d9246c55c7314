package main

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"
)

// Argo CD stops a script after this time.
const longest = time.Second

// runLua runs a script as Argo CD does for scripts of argocd-cm: the object is the global obj, and what the script
// returns becomes JSON. Of Lua's libraries there are base, table and package; require("os") has date and time only.
func runLua(script string, object map[string]any) ([]byte, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	open := map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage,
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	}
	for _, name := range []string{lua.LoadLibName, lua.BaseLibName, lua.TabLibName} {
		call := lua.P{Fn: state.NewFunction(open[name]), Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	state.PreloadModule(lua.OsLibName, harmlessOs)
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", asLua(state, object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	returned := state.Get(-1)
	if returned.Type() != lua.LTTable {
		return nil, fmt.Errorf("the script returned %s and no table", returned.Type())
	}
	return luajson.Encode(returned)
}

func harmlessOs(state *lua.LState) int {
	full := lua.NewState()
	defer full.Close()
	library := full.GetGlobal(lua.OsLibName).(*lua.LTable)
	module := state.NewTable()
	for _, name := range []string{"date", "time"} {
		module.RawSetString(name, state.NewFunction(library.RawGetString(name).(*lua.LFunction).GFunction))
	}
	state.Push(module)
	return 1
}

func asLua(state *lua.LState, value any) lua.LValue {
	switch found := value.(type) {
	case bool:
		return lua.LBool(found)
	case string:
		return lua.LString(found)
	case int64:
		return lua.LNumber(found)
	case float64:
		return lua.LNumber(found)
	case []any:
		list := state.CreateTable(len(found), 0)
		for _, item := range found {
			list.Append(asLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(found))
		for key, item := range found {
			table.RawSetString(key, asLua(state, item))
		}
		return table
	}
	return lua.LNil
}
