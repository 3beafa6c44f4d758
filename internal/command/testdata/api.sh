#!/bin/sh
# Stands in for the server of dev. $API is what it does.
case "$API" in
fails)
	echo "api.sh: no database" >&2
	exit 1
	;;
dies)
	printf ready >&4
	exit 3
	;;
second) # starts when it is run again
	if [ ! -e ran ]; then
		touch ran
		echo "api.sh: not yet" >&2
		exit 1
	fi
	printf ready >&4
	exec cat
	;;
holds) # what it has started goes on, with everything that it got
	sleep 300 &
	printf ready >&4
	exec cat
	;;
*)
	printf ready >&4
	exec cat
	;;
esac
