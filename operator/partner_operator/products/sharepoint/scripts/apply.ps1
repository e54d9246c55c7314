# Once: a snap-in cannot be added a second time.
$opened = Open-Farm
Invoke-Items -Steps $steps
