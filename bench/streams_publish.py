#!/usr/bin/env python3
"""Changes values of points, each once a second, for `streams`: a value counts up, and is 30 minutes ahead, so that no reading replaces it.

    streams_publish POINTS SECONDS FIRST | mosquitto_pub -l -t bacpipes/SITE/points/1/counter,1/state ...

POINTS is how many (1, 2, ...) or which ("4,7"). One state of a point a line.
"""
import sys
import time

points = [int(point) for point in sys.argv[1].split(",")] if "," in sys.argv[1] else list(range(1, int(sys.argv[1]) + 1))
seconds, first = int(sys.argv[2]), int(sys.argv[3])
pieces = 50
begin = time.monotonic()
for second in range(seconds):
    for piece in range(pieces):
        time.sleep(max(0, begin + second + piece / pieces - time.monotonic()))
        at = time.time() + 1800
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%03dZ" % int(at % 1 * 1000)
        for point in points[piece::pieces]:
            print('{"v":1,"point":%d,"value":%d,"quality":"good","at":"%s"}' % (point, first + second, text))
        sys.stdout.flush()
