package seed
import ("testing")
func TestVis(t *testing.T){
 bad:=0
 for range 12 { db:=open(t); if err:=scale(t.Context(),db,smallSize,nil);err!=nil{t.Fatal(err)}
 for _, s := range column[string](t,db,`SELECT relname||' '||relpages||' '||relallvisible FROM pg_class WHERE relname = ANY($1) AND relallvisible < relpages`,tableNames){ t.Log(s); bad++}}
 t.Logf("bad %d",bad)
}
