"""What a release is made of: the image, the wheel, the chart, and the list of what is inside.

Like all of ``tools`` it is not installed with the operator, and knows neither it nor the simulator.
"""
