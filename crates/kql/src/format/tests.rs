use super::format;

fn formatted(text: &str) -> String {
    let once = format(text).unwrap();
    assert_eq!(
        format(&once).unwrap(),
        once,
        "formatting again changes something"
    );
    once
}

#[test]
fn puts_one_operator_on_a_line() {
    insta::assert_snapshot!(formatted("DeviceEvents|where Timestamp>ago( 1d ) and  ActionType=='x'|summarize count( ),dcount( DeviceId ) by bin(Timestamp,1h)|take   5"), @r"
    DeviceEvents
    | where Timestamp > ago(1d) and ActionType == 'x'
    | summarize count(), dcount(DeviceId) by bin(Timestamp, 1h)
    | take 5
    ");
}

#[test]
fn indents_pipelines_in_brackets_and_lets() {
    insta::assert_snapshot!(formatted("let T = DeviceEvents|where a;let f=(x:int,t:(a:long)){let y=x+1;t|where a==y};f(1,T)|join kind=inner(DeviceInfo|project DeviceId,OSPlatform)on DeviceId|where x in((T|project b))"), @r"
    let T = DeviceEvents
        | where a;
    let f = (x:int, t:(a:long)) {
        let y = x + 1;
        t
        | where a == y
    };
    f(1, T)
    | join kind=inner (
        DeviceInfo
        | project DeviceId, OSPlatform
    ) on DeviceId
    | where x in (
        (
            T
            | project b
        )
    )
    ");
}

#[test]
fn breaks_long_lines() {
    insta::assert_snapshot!(formatted("DeviceProcessEvents | where FileName in~ ('powershell.exe','cmd.exe','wscript.exe','cscript.exe','mshta.exe','rundll32.exe','regsvr32.exe') and InitiatingProcessFileName =~ 'winword.exe' or ProcessCommandLine has_any ('-enc') | project Timestamp, DeviceName, FileName, ProcessCommandLine, InitiatingProcessFileName, InitiatingProcessCommandLine, AccountName"), @r"
    DeviceProcessEvents
    | where FileName in~ (
        'powershell.exe', 'cmd.exe', 'wscript.exe', 'cscript.exe', 'mshta.exe', 'rundll32.exe',
        'regsvr32.exe'
    ) and InitiatingProcessFileName =~ 'winword.exe' or ProcessCommandLine has_any ('-enc')
    | project Timestamp, DeviceName, FileName, ProcessCommandLine, InitiatingProcessFileName,
        InitiatingProcessCommandLine, AccountName
    ");
}

#[test]
fn keeps_comments_where_they_stand() {
    insta::assert_snapshot!(formatted("// what it does\n\n\n//  and why\nT // the table\n// first\n| where a // a\n  and b in (1, // one\n 2\n// end\n)\n| take 1 // done\n// last"), @r"
    // what it does

    //  and why
    T // the table
    // first
    | where a // a
        and b in (
            1, // one
            2
            // end
        )
    | take 1 // done
    // last
    ");
}

#[test]
fn keeps_one_blank_line_between_statements() {
    insta::assert_snapshot!(formatted("let a=1;let b=2;\n\n\n// c\n\nprint a"), @r"
    let a = 1;
    let b = 2;

    // c

    print a
    ");
}

#[test]
fn lays_out_tables_by_rows() {
    insta::assert_snapshot!(formatted("datatable(Name:string,Port:long,Seen:datetime)['a',1,datetime(2020-01-01),'b',2,datetime(2020-01-02),'c',-3,datetime(null)]|where Name has 'a'"), @r"
    datatable (Name:string, Port:long, Seen:datetime) [
        'a', 1, datetime(2020-01-01),
        'b', 2, datetime(2020-01-02),
        'c', -3, datetime(null)
    ]
    | where Name has 'a'
    ");
}

#[test]
fn spaces_signs_by_what_they_do() {
    insta::assert_snapshot!(formatted("T|where a.b['c'].d[0]==-1 and x between(-1d..+2h) and c:'x'|evaluate bag_unpack(d):(a:string,b:long)|extend j=dynamic({'a':[1,-2],'b':{}}),k=a-b*-c|project-away a*,*b|union withsource = T Device*,(U|take 1)|mv-apply x to typeof(long) on(top 1 by x)|make-graph a-->b|graph-match(a)-[e*1..3]->(b)where a.x==1 project a.y"), @r"
    T
    | where a.b['c'].d[0] == -1 and x between (-1d .. +2h) and c:'x'
    | evaluate bag_unpack(d) : (a:string, b:long)
    | extend j = dynamic({'a': [1, -2], 'b': {}}), k = a - b * -c
    | project-away a*, *b
    | union withsource=T Device*, (
        U
        | take 1
    )
    | mv-apply x to typeof(long) on (top 1 by x)
    | make-graph a --> b
    | graph-match (a)-[e*1..3]->(b) where a.x == 1 project a.y
    ");
}

#[test]
fn keeps_directives_and_strings_of_several_lines() {
    insta::assert_snapshot!(formatted("#connect x\nprint a=```one\n  two```,b=1"), @r"
    #connect x
    print a = ```one
      two```, b = 1
    ");
}

#[test]
fn does_not_touch_what_it_cannot_read() {
    let findings = format("T | where (").unwrap_err();
    assert_eq!(findings.len(), 1);
}
